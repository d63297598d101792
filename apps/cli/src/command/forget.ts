import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { parseCalendarDuration } from '@holdfast/core/units/calendar-duration'
import type { KeptSnapshot } from '@holdfast/repository/forget/apply-policy'
import { executeForget } from '@holdfast/repository/forget/execute-forget'
import {
  type ForgetGroup,
  type ForgetPlan,
  planForget,
  planForgetSnapshots,
} from '@holdfast/repository/forget/plan-forget'
import { isPolicyEmpty, parseKeepCount, type RetentionPolicy } from '@holdfast/repository/forget/retention-policy'
import type { Repository } from '@holdfast/repository/repository'
import { findSnapshots } from '@holdfast/repository/snapshot/find-snapshot'
import { describeGroup, groupByHostAndPaths, parseGroupBy } from '@holdfast/repository/snapshot/group-snapshots'
import { listSnapshotIds, listSnapshots } from '@holdfast/repository/snapshot/list-snapshots'
import { compareByTime, shortId } from '@holdfast/repository/snapshot/listed-snapshot'
import { isFilterEmpty } from '@holdfast/repository/snapshot/snapshot-filter'
import { flag, type OptionValues, several, single } from '../argument/option.ts'
import { readWords } from '../argument/read-value.ts'
import { countOf } from '@holdfast/core/units/count-of'
import type { Output } from '../output/output.ts'
import { printable } from '../output/printable.ts'
import { renderSnapshotTable, snapshotJson } from '../output/snapshot-table.ts'
import { filterOptionsWithoutShort, readFilter, snapshotArgument } from '../session/filter-option.ts'
import { openSession } from '../session/open-session.ts'
import { pruneOptions, readPruneOptions } from '../session/prune-option.ts'
import { defineCommand, type Invocation, repositoryExitCodes } from './command.ts'

const keep = (short: string, period: string) =>
  single(
    { short, placeholder: '<n>', help: `Keep the newest snapshot of the last n ${period}, or 'unlimited'.` },
    parseKeepCount,
  )

const keepWithin = (what: string) =>
  single({ placeholder: '<duration>', help: `Keep ${what} newer than this, such as 1y5m7d2h.` }, parseCalendarDuration)

const options = {
  keepLast: single(
    { short: 'l', placeholder: '<n>', help: "Keep the n newest snapshots, or 'unlimited'." },
    parseKeepCount,
  ),
  keepHourly: keep('H', 'hours'),
  keepDaily: keep('d', 'days'),
  keepWeekly: keep('w', 'weeks'),
  keepMonthly: keep('m', 'months'),
  keepYearly: keep('y', 'years'),
  keepWithin: keepWithin('all snapshots'),
  keepWithinHourly: keepWithin('one snapshot of each hour'),
  keepWithinDaily: keepWithin('one snapshot of each day'),
  keepWithinWeekly: keepWithin('one snapshot of each week'),
  keepWithinMonthly: keepWithin('one snapshot of each month'),
  keepWithinYearly: keepWithin('one snapshot of each year'),
  keepTag: several({ placeholder: '<tag[,tag…]>', help: 'Keep snapshots with all of these tags.' }, readWords),
  unsafeAllowRemoveAll: flag({ help: 'Let an empty policy remove everything that a filter selects.' }),
  ...filterOptionsWithoutShort,
  compact: flag({ short: 'c', help: 'One line for each snapshot.' }),
  groupBy: single(
    {
      short: 'g',
      placeholder: '<fields>',
      help: "Apply the policy to each group of equal host, paths and/or tags; '' for one group.",
      fallback: 'host,paths',
    },
    parseGroupBy,
  ),
  dryRun: flag({ short: 'n', help: 'Only show what would be removed.' }),
  prune: flag({ help: 'Remove the data that is no longer needed afterwards.' }),
  ...pruneOptions,
}

type Given = OptionValues<typeof options>

export const forget = defineCommand({
  name: 'forget',
  purpose: 'Remove snapshots that a policy does not keep, or those that are named',
  details: [
    'Each group of snapshots (by default those of one host and the same paths) is judged on its own; a snapshot stays if any rule keeps it. Pinned snapshots (tag holdfast-pin or pin=<why>) always stay. Space is freed by prune.',
  ],
  arguments: [snapshotArgument],
  options,
  examples: [
    {
      explanation: 'See what a policy would do',
      command: 'holdfast forget --keep-daily 7 --keep-weekly 4 --keep-monthly 12 --dry-run',
    },
    {
      explanation: 'Do it, and free the space',
      command: 'holdfast forget --keep-daily 7 --keep-weekly 4 --keep-monthly 12 --prune',
    },
  ],
  exitCodes: repositoryExitCodes(),
  run: async (invocation) => {
    const { output, ctx } = invocation
    const { dryRun, prune } = invocation.options
    const bounds = readPruneOptions(invocation.options, invocation.global.packSize)
    await using session = await openSession(invocation, { lock: 'exclusive', changesNothing: dryRun })
    const { repository } = session
    const plan = await makePlan(repository, invocation.arguments, invocation.options, ctx)
    for (const group of plan.groups) showGroup(group, invocation.options.compact, output)
    output.message(plan.groups.map((group) => groupJson(group, dryRun)))
    const removed = dryRun ? plan.remove : await executeForget(repository, plan, ctx)
    output.line(`${dryRun ? 'would remove' : 'removed'} ${countOf(removed.length, 'snapshot')}`)
    if (!dryRun) await trimLogs(repository, plan, invocation)
    if (!prune || removed.length === 0) return 0
    if (dryRun) output.note('what a prune would free is only known once the snapshots are removed')
    else {
      // loaded only here: most calls do not prune
      const { runPrune } = await import('../session/run-prune.ts')
      await runPrune(repository, bounds, { dryRun, output }, ctx)
    }
    return 0
  },
})

/** Log that only the removed base backups needed goes with them. */
async function trimLogs(repository: Repository, plan: ForgetPlan, invocation: Invocation): Promise<void> {
  const removed = plan.groups.flatMap(({ remove }) => remove).map(({ snapshot }) => snapshot.tags)
  const wal = sourcesOf(removed.filter(isBaseBackup))
  const binlog = sourcesOf(removed.filter((tags) => tags.includes('type=mysql')))
  if (wal.size + binlog.size === 0) return
  const { trimLog } = await import('../forget/trim-log.ts')
  for (const source of wal) await trimLog(repository, source, 'wal', invocation)
  for (const source of binlog) await trimLog(repository, source, 'binlog', invocation)
}

const sourcePrefix = 'source='

function sourcesOf(tags: readonly (readonly string[])[]): ReadonlySet<string> {
  const own = tags.flat().filter((tag) => tag.startsWith(sourcePrefix))
  return new Set(own.map((tag) => tag.slice(sourcePrefix.length)))
}

function isBaseBackup(tags: readonly string[]): boolean {
  return tags.includes('type=postgresql') && (tags.includes('method=physical') || tags.includes('method=direct'))
}

async function makePlan(
  repository: Repository,
  ids: readonly string[],
  given: Given,
  ctx: Context,
): Promise<ForgetPlan> {
  const repositoryId = repository.config.id
  const presentIds = await listSnapshotIds(repository, ctx)
  const policy = readPolicy(given)
  const filter = readFilter(given)
  if (ids.length > 0) {
    refusePolicyWithIds(policy)
    return planForgetSnapshots(await findSnapshots(repository, ids, filter, ctx), { repositoryId, presentIds })
  }
  return planForget(await listSnapshots(repository, filter, ctx), policy, {
    repositoryId,
    presentIds,
    now: ctx.now(),
    groupBy: given.groupBy ?? groupByHostAndPaths,
    allowRemoveAll: given.unsafeAllowRemoveAll,
    isFiltered: !isFilterEmpty(filter),
  })
}

export function readPolicy(given: Given): RetentionPolicy {
  return {
    counts: {
      last: given.keepLast ?? 0,
      hourly: given.keepHourly ?? 0,
      daily: given.keepDaily ?? 0,
      weekly: given.keepWeekly ?? 0,
      monthly: given.keepMonthly ?? 0,
      yearly: given.keepYearly ?? 0,
    },
    ...(given.keepWithin === undefined ? {} : { within: given.keepWithin }),
    withinPeriods: {
      ...(given.keepWithinHourly === undefined ? {} : { hourly: given.keepWithinHourly }),
      ...(given.keepWithinDaily === undefined ? {} : { daily: given.keepWithinDaily }),
      ...(given.keepWithinWeekly === undefined ? {} : { weekly: given.keepWithinWeekly }),
      ...(given.keepWithinMonthly === undefined ? {} : { monthly: given.keepWithinMonthly }),
      ...(given.keepWithinYearly === undefined ? {} : { yearly: given.keepWithinYearly }),
    },
    tags: given.keepTag,
  }
}

/** Named snapshots are removed whatever a policy says, so that a policy beside them is a misunderstanding. */
function refusePolicyWithIds(policy: RetentionPolicy): void {
  if (!isPolicyEmpty(policy)) throw new AppError('OPTIONS_CONFLICT', { first: 'snapshot ids', second: '--keep-…' })
}

function showGroup({ key, keep: kept, remove }: ForgetGroup, compact: boolean, output: Output): void {
  output.note(`${printable(describeGroup(key))}:\n`)
  if (kept.length > 0) {
    const reasons = new Map(kept.map((each) => [each.id, each.matches]))
    const table = renderSnapshotTable(kept.toSorted(compareByTime), {
      compact,
      reasons: ({ id }) => reasons.get(id) ?? [],
    })
    output.note(`keep:\n${table}\n`)
  }
  if (remove.length > 0) {
    output.note(`remove:\n${renderSnapshotTable(remove.toSorted(compareByTime), { compact })}\n`)
  }
}

function groupJson({ key, keep: kept, remove }: ForgetGroup, dryRun: boolean) {
  return {
    host: key.hostname,
    paths: key.paths,
    tags: key.tags,
    keep: kept.map(snapshotJson),
    remove: remove.map(snapshotJson),
    reasons: kept.map(reasonJson),
    dry_run: dryRun,
  }
}

function reasonJson(listed: KeptSnapshot) {
  return {
    snapshot: snapshotJson(listed),
    matches: listed.matches,
    counters: listed.counters,
    short_id: shortId(listed.id),
  }
}
