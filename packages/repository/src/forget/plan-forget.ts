import { hash } from 'node:crypto'
import { AppError } from '@holdfast/core/errors/app-error'
import { describeGroup, type GroupBy, groupSnapshots, type SnapshotGroupKey } from '../snapshot/group-snapshots.ts'
import type { ListedSnapshot } from '../snapshot/listed-snapshot.ts'
import { applyPolicy, type KeptSnapshot } from './apply-policy.ts'
import { findPin } from './pin.ts'
import { isPolicyEmpty, type RetentionPolicy, validatePolicy } from './retention-policy.ts'

export interface ForgetGroup {
  readonly key: SnapshotGroupKey
  /** newest first */
  readonly keep: readonly KeptSnapshot[]
  /** newest first */
  readonly remove: readonly ListedSnapshot[]
}

/** Which snapshot files are to be deleted. Executed only on the very list of snapshots it was made from. */
export interface ForgetPlan {
  /** of the repository it was made for */
  readonly repositoryId: string
  readonly groups: readonly ForgetGroup[]
  /** ids, sorted */
  readonly remove: readonly string[]
  /** ids of every snapshot that was in the repository, sorted */
  readonly considered: readonly string[]
  /** names the plan: SHA-256, in hex, of repository id, ids to remove and ids considered */
  readonly digest: string
}

export interface PlanForgetOptions {
  readonly repositoryId: string
  readonly groupBy: GroupBy
  readonly now: Date
  /** ids of all snapshots in the repository, when `snapshots` are only those that a filter selects */
  readonly presentIds?: readonly string[]
  /** --unsafe-allow-remove-all: lets an empty policy remove everything that was selected */
  readonly allowRemoveAll?: boolean
  /** whether a filter (host, tag or path) selected the snapshots; without one `allowRemoveAll` is refused */
  readonly isFiltered?: boolean
}

/**
 * Decides which snapshots a policy removes, group by group; pure.
 * @throws AppError ARGUMENT_INVALID, POLICY_EMPTY, POLICY_REMOVES_ALL
 */
export function planForget(
  snapshots: readonly ListedSnapshot[],
  policy: RetentionPolicy,
  options: PlanForgetOptions,
): ForgetPlan {
  validatePolicy(policy)
  const isEmpty = isPolicyEmpty(policy)
  const mayRemoveAll = options.allowRemoveAll === true && options.isFiltered === true
  if (isEmpty && !mayRemoveAll) throw new AppError('POLICY_EMPTY', {})
  const groups = groupSnapshots(snapshots, options.groupBy).map((group): ForgetGroup => {
    const { keep, remove } = applyPolicy(group.snapshots, policy, options.now)
    // not even with allowRemoveAll: a policy that was meant to keep something and keeps nothing is a mistake
    if (!isEmpty && remove.length > 0 && !keep.some(isKeptByPolicy)) {
      throw new AppError('POLICY_REMOVES_ALL', { group: describeGroup(group.key) })
    }
    return { key: group.key, keep, remove }
  })
  return completePlan(groups, options.repositoryId, options.presentIds ?? snapshots.map(({ id }) => id))
}

/**
 * Plans the removal of snapshots that were named one by one, which no policy protects; pins do.
 * @param presentIds ids of all snapshots in the repository
 */
export function planForgetSnapshots(
  named: readonly ListedSnapshot[],
  options: { readonly repositoryId: string; readonly presentIds: readonly string[] },
): ForgetPlan {
  const keep: KeptSnapshot[] = []
  const remove: ListedSnapshot[] = []
  for (const listed of named) {
    const pin = findPin(listed.snapshot)
    if (pin === undefined) remove.push(listed)
    else keep.push({ ...listed, matches: [`pinned by tag ${pin}`], counters: {} })
  }
  const key: SnapshotGroupKey = { hostname: '', paths: [], tags: [] }
  return completePlan([{ key, keep, remove }], options.repositoryId, options.presentIds)
}

/** The digest that a plan with these contents has. */
export function digestForgetPlan({ repositoryId, remove, considered }: Omit<ForgetPlan, 'digest' | 'groups'>): string {
  return hash('sha256', JSON.stringify([repositoryId, remove.toSorted(), considered.toSorted()]), 'hex')
}

/** Whether anything but a pin keeps it. */
function isKeptByPolicy({ matches }: KeptSnapshot): boolean {
  return matches.some((reason) => !reason.startsWith('pinned '))
}

function completePlan(groups: readonly ForgetGroup[], repositoryId: string, presentIds: readonly string[]): ForgetPlan {
  const remove = groups.flatMap((group) => group.remove.map(({ id }) => id)).toSorted()
  const considered = presentIds.toSorted()
  return { repositoryId, groups, remove, considered, digest: digestForgetPlan({ repositoryId, remove, considered }) }
}
