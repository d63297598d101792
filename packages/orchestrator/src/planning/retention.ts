import type { KeepSettings } from '@holdfast/core/config/effective-config'
import { parseCalendarDuration } from '@holdfast/core/units/calendar-duration'
import { applyPolicy, type KeptSnapshot, type PolicyOutcome } from '@holdfast/repository/forget/apply-policy'
import { isPolicyEmpty, type RetentionPolicy } from '@holdfast/repository/forget/retention-policy'
import { snapshotTime } from '@holdfast/repository/format/snapshot'
import { compareByTime, type ListedSnapshot } from '@holdfast/repository/snapshot/listed-snapshot'
import type { ProofRecord, SnapshotRecord } from '../catalogue/catalogue.ts'
import type { Finding } from '../finding/finding.ts'

/** The clocks of two machines may differ by this much. */
const clockToleranceMs = 3_600_000

export interface RetentionRequest {
  readonly keep: KeepSettings
  /** ids in this repository whose content was restored and found good (`provenIds`) */
  readonly provenIds: ReadonlySet<string>
  /** whether the source is proven on a schedule */
  readonly isProving: boolean
  /** see `pausesRetention` */
  readonly isPaused: boolean
  readonly now: Date
}

/**
 * Which snapshots of one source in one repository stay; pure. The rules of the tier are applied as restic applies them,
 * and what they would remove stays all the same when
 *
 * - retention is paused: an anomaly of the source is open, and what is old may be the last that is clean;
 * - it is the newest snapshot that was proven here: whatever is newer has not shown yet that it can be restored;
 * - only newer snapshots that nobody has proven would displace it: for a source that is proven on a schedule the rules
 *   are applied a second time, to what is not newer than the newest proven snapshot, and what they keep there stays.
 *   So while proofs succeed, a few snapshots more are kept than the rules say, and when proofs cease, nothing that the
 *   last of them vouched for goes away.
 *
 * While nothing was proven at all the rules alone decide: a sandbox that never worked must not fill the repository.
 *
 * A snapshot from the future takes nobody's place: it would be the newest of its day, month and year until then. It stays
 * for somebody to look at.
 */
export function planRetention(snapshots: readonly ListedSnapshot[], request: RetentionRequest): PolicyOutcome {
  const { keep, isProving, isPaused, now } = request
  const policy = policyOf(keep)
  const isFuture = ({ snapshot }: ListedSnapshot): boolean =>
    snapshotTime(snapshot).ns > BigInt(now.getTime() + clockToleranceMs) * 1_000_000n
  const future = snapshots.filter(isFuture)
  const newestFirst = snapshots.filter((listed) => !isFuture(listed)).toSorted((a, b) => compareByTime(b, a))
  const newestProven = newestFirst.findIndex(({ id }) => request.provenIds.has(id))
  const kept = new Map(applyPolicy(newestFirst, policy, now).keep.map((snapshot) => [snapshot.id, snapshot]))
  const alsoKeep = (more: readonly ListedSnapshot[], reason: string) => {
    for (const listed of more) if (!kept.has(listed.id)) kept.set(listed.id, keptBecause(listed, reason))
  }
  if (newestProven !== -1) {
    alsoKeep(newestFirst.slice(newestProven, newestProven + 1), 'newest proven snapshot')
    if (isProving) {
      const vouchedFor = applyPolicy(newestFirst.slice(newestProven), policy, now).keep
      alsoKeep(vouchedFor, 'displaced by unproven snapshots only')
    }
  }
  // A configuration that keeps nothing is refused; if one gets here all the same, it removes nothing.
  if (isPaused || isPolicyEmpty(policy)) alsoKeep(newestFirst, isPaused ? 'retention is paused' : 'no rule is set')
  const early = future.map((listed) => keptBecause(listed, 'its time lies in the future'))
  return {
    keep: [...early, ...newestFirst.flatMap(({ id }) => kept.get(id) ?? [])],
    remove: newestFirst.filter(({ id }) => !kept.has(id)),
  }
}

/**
 * The snapshots of a repository whose content was proven: by a proof of themselves, or of a snapshot of the same backup
 * in another repository. Of several proofs of one content the newest counts, so that what failed last is not proven.
 * @param records of one source, in all repositories
 * @param proofs of that source
 */
export function provenIds(
  repository: string,
  records: readonly SnapshotRecord[],
  proofs: readonly ProofRecord[],
): ReadonlySet<string> {
  const lineageOf = new Map(records.map((record) => [`${record.repository}/${record.snapshotId}`, record.lineage]))
  const newest = new Map<string, ProofRecord>()
  for (const proof of proofs) {
    const lineage = lineageOf.get(`${proof.repository}/${proof.snapshotId}`)
    const known = lineage === undefined ? undefined : newest.get(lineage)
    if (lineage !== undefined && (known === undefined || proof.endedAt > known.endedAt)) newest.set(lineage, proof)
  }
  const proven = records.filter(
    (record) => record.repository === repository && newest.get(record.lineage)?.verdict === 'passed',
  )
  return new Set(proven.map(({ snapshotId }) => snapshotId))
}

/**
 * Whether a source's retention is paused. Only the end of the anomaly lifts it, not its acknowledgement: who quiets an
 * alarm at night has not said that the old snapshots may go.
 */
export function pausesRetention(source: string, openFindings: readonly Finding[]): boolean {
  return openFindings.some(({ kind, subject }) => kind === 'anomaly' && subject.source === source)
}

function policyOf({ within, ...counts }: KeepSettings): RetentionPolicy {
  return {
    counts,
    withinPeriods: {},
    tags: [],
    ...(within !== undefined && { within: parseCalendarDuration(within, 'keep.within') }),
  }
}

function keptBecause(listed: ListedSnapshot, reason: string): KeptSnapshot {
  return { ...listed, matches: [reason], counters: {} }
}
