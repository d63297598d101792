import type { SourceSettings } from '@holdfast/core/config/effective-config'
import type { ProofRecord } from '../../catalogue/catalogue.ts'
import { nextFire } from '../../planning/next-fire.ts'
import type { Detector, View } from '../detector.ts'
import type { Observation } from '../finding.ts'
import { agoText } from '../wording.ts'

/** A proof may fail to be made once without a word: what is promised is a rhythm. */
const missedProofs = 1

/** Whether the newest proof failed, and whether sources that are to be proven are. */
export const detectProof: Detector = (view) => {
  const proofs = Map.groupBy(view.facts.proofs, ({ source }) => source)
  const snapshots = Map.groupBy(view.facts.snapshots, ({ source }) => source)
  return {
    observations: [...view.facts.config.sources.values()].flatMap((source) => {
      const own = proofs.get(source.name) ?? []
      return [
        ...failedProof(source, own, view),
        ...unproven(source, own, { oldest: snapshots.get(source.name)?.map(({ oldest }) => oldest) ?? [], view }),
      ]
    }),
    unseen: [],
  }
}

function newest(proofs: readonly ProofRecord[]): ProofRecord | undefined {
  return proofs.toSorted((a, b) => b.endedAt.getTime() - a.endedAt.getTime())[0]
}

function failedProof(source: SourceSettings, proofs: readonly ProofRecord[], { facts }: View): Observation[] {
  const last = newest(proofs)
  if (last?.verdict !== 'failed') return []
  const good = newest(proofs.filter(({ verdict }) => verdict === 'passed'))
  return [
    {
      kind: 'proof-failed',
      severity: 'critical',
      subject: { source: source.name },
      title: `a restore of ${source.name} was tried and failed its checks`,
      detail: [
        `Snapshot ${last.snapshotId.slice(0, 8)} of repository ${last.repository}, ${agoText(last.endedAt, facts.now)}:`,
        ...failedChecks(last.checks)
          .slice(0, 5)
          .map((text) => `- ${text}`),
        good === undefined
          ? 'No backup of it has ever been proven.'
          : `The last that passed: snapshot ${good.snapshotId.slice(0, 8)}, ${agoText(good.endedAt, facts.now)}. It is kept.`,
        `See all of it with \`holdfast run verify ${source.name}\`.`,
      ].join('\n'),
      figures: { failedChecks: failedChecks(last.checks).length },
    },
  ]
}

/** Names and evidence of those that failed; the record holds them as JSON that an older version may have written. */
function failedChecks(json: string): string[] {
  let checks: unknown
  try {
    checks = JSON.parse(json)
  } catch {
    return []
  }
  if (!Array.isArray(checks)) return []
  return checks.flatMap((check: unknown) => {
    if (typeof check !== 'object' || check === null || !('verdict' in check) || check.verdict !== 'failed') return []
    const field = (key: string) => (key in check ? String(Object.entries(check).find(([k]) => k === key)?.[1]) : '')
    return [`${[field('name'), field('subject')].filter((part) => part !== '').join(' ')}: ${field('evidence')}`]
  })
}

function unproven(
  source: SourceSettings,
  proofs: readonly ProofRecord[],
  { oldest, view: { facts, clock } }: { readonly oldest: readonly Date[]; readonly view: View },
): Observation[] {
  const schedule = source.prove.newest ?? source.prove.random
  if (schedule === undefined || oldest.length === 0) return []
  const good = newest(proofs.filter(({ verdict }) => verdict === 'passed'))
  const sinceMs = good?.endedAt.getTime() ?? Math.min(...oldest.map((at) => at.getTime()))
  const dueMs = missedFire(source, schedule, sinceMs, clock)
  if (dueMs === undefined || facts.now.getTime() <= dueMs + source.timeoutMs) return []
  const ageMs = facts.now.getTime() - sinceMs
  return [
    {
      kind: 'unproven',
      severity: 'warning',
      subject: { source: source.name },
      title:
        good === undefined
          ? `no backup of ${source.name} has ever been restored to prove it`
          : `${source.name} was last proven ${agoText(good.endedAt, facts.now)}`,
      detail: `Its tier promises more often (${schedule.cron}, ${schedule.timeZone}). Prove it now with \`holdfast run verify ${source.name}\`; \`holdfast runs\` shows what kept it from being proven.`,
      figures: { ageMs },
    },
  ]
}

/** When the proof after the one that may be missed was due. */
function missedFire(
  source: SourceSettings,
  settings: SourceSettings['backup'],
  sinceMs: number,
  clock: View['clock'],
): number | undefined {
  const timing = { id: `prove-newest/${source.name}`, settings, blackouts: source.blackouts }
  let fire = nextFire(timing, sinceMs, clock)
  for (let missed = 0; missed < missedProofs && fire !== undefined; missed++) {
    fire = nextFire(timing, fire.nominalMs, clock)
  }
  return fire?.atMs
}
