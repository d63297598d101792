import type { EffectiveConfig, RepositorySettings, SourceSettings } from '@holdfast/core/config/effective-config'
import type { ProofRecord, SnapshotOverview } from '../catalogue/catalogue.ts'
import type { Finding } from '../finding/finding.ts'

/** One demand of the 3-2-1-1-0 rule. */
export interface ScorePart {
  readonly demand: 'copies' | 'media' | 'off-site' | 'immutable' | 'errors'
  readonly isMet: boolean
  /** for people: "3 of 3 copies: the source itself, local, offsite" */
  readonly explanation: string
}

/** `points`: how many of the five demands are met. */
export interface Score {
  readonly points: number
  readonly parts: readonly ScorePart[]
}

export interface ScoreFacts {
  readonly source: SourceSettings
  /** as `repositoriesWithCopy` finds them */
  readonly holders: readonly RepositorySettings[]
  /** of this source, newest of all */
  readonly newestProof: ProofRecord | undefined
  readonly openFindings: readonly Finding[]
}

/** What the source itself lies on. */
const sourceMedium = 'disk'
const errorKinds = new Set(['proof-failed', 'check-failed', 'damaged-source'])

/** Three copies (the source is one), on two media, one off-site, one immutable, no error at the last proof. */
export function scoreSource(facts: ScoreFacts): Score {
  const { holders } = facts
  const media = new Set([...(holders.length > 0 ? [sourceMedium] : []), ...holders.map(({ medium }) => medium)])
  const offSite = holders.filter(({ isOffSite }) => isOffSite)
  const immutable = holders.filter(({ isImmutable }) => isImmutable)
  const copies = holders.length + 1
  const parts: ScorePart[] = [
    part('copies', copies >= 3, `${copies} of 3 copies: ${['the source itself', ...namesOf(holders)].join(', ')}`),
    part('media', media.size >= 2, `${media.size} of 2 media: ${[...media].join(', ') || 'none'}`),
    part('off-site', offSite.length > 0, `off-site: ${namesOf(offSite).join(', ') || 'none'}`),
    part('immutable', immutable.length > 0, `immutable: ${namesOf(immutable).join(', ') || 'none'}`),
    errorsPart(facts, namesOf(holders)),
  ]
  return { points: parts.filter(({ isMet }) => isMet).length, parts }
}

export interface CopyFacts {
  readonly source: SourceSettings
  readonly config: Pick<EffectiveConfig, 'repositories'>
  /** of this source */
  readonly snapshots: readonly SnapshotOverview[]
  /** A repository that is this much behind the newest still has a copy: one backup may be on its way. */
  readonly allowedLagMs: number
}

/** Repositories that hold the newest snapshot, or one that is hardly older. */
export function repositoriesWithCopy({ source, config, snapshots, allowedLagMs }: CopyFacts): RepositorySettings[] {
  const newestMs = Math.max(...snapshots.map(({ newest }) => newest.getTime()))
  const names = snapshots.flatMap(({ repository, newest }) =>
    newest.getTime() >= newestMs - allowedLagMs ? [repository] : [],
  )
  return source.repositories.flatMap((name) => (names.includes(name) ? (config.repositories.get(name) ?? []) : []))
}

function errorsPart({ source, newestProof, openFindings }: ScoreFacts, holders: readonly string[]): ScorePart {
  if (newestProof === undefined) return part('errors', false, 'never proven')
  const errors = openFindings.filter(
    ({ kind, subject }) =>
      errorKinds.has(kind) && (subject.source === source.name || holders.includes(subject.repository ?? '')),
  )
  const proof = newestProof.verdict === 'passed' ? 'last proof passed' : 'last proof failed'
  const isMet = newestProof.verdict === 'passed' && errors.length === 0
  return part('errors', isMet, [proof, ...errors.map(({ title }) => title)].join('; '))
}

function part(demand: ScorePart['demand'], isMet: boolean, explanation: string): ScorePart {
  return { demand, isMet, explanation }
}

function namesOf(repositories: readonly { readonly name: string }[]): string[] {
  return repositories.map(({ name }) => name)
}
