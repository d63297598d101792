import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import { formatDurationMs } from '@holdfast/core/units/duration'
import { ignored } from '../dump-arguments.ts'
import type { DumpRun } from '../dump-run.ts'
import type { LogicalFinding } from '../logical-manifest.ts'
import { type DumpPrograms, startPrograms } from './dump-programs.ts'
import { readKeyBorders } from './key-borders.ts'
import { type DumpPlan, type DumpTask, type PlacedTable, planPrograms } from './plan-programs.ts'
import { shareTables } from './share-tables.ts'
import { lockForSnapshots, type SnapshotLock } from './snapshot-lock.ts'
import { readTableSizes } from './table-size.ts'
import { taskArguments } from './task-arguments.ts'

const defaultLockWaitMs = 10_000
const defaultShareBytes = 8 << 20
/** Linux takes 2 MiB of arguments and environment; containers' tools add some of their own */
const longestArguments = 1 << 20

export interface StartedDumps extends AsyncDisposable {
  /** undefined: one program is to do it alone */
  readonly dumps:
    | {
        readonly plan: DumpPlan
        readonly programs: DumpPrograms
        readonly lock: Pick<SnapshotLock, 'place' | 'release'>
      }
    | undefined
  readonly findings: readonly LogicalFinding[]
}

/**
 * Starts the programs of a parallel dump under one short lock, so that all see the same instant. Where that cannot be, a finding
 * says why. Fails with MYSQL_DUMP_FAILED and the codes of connections.
 */
export async function startDumps(run: DumpRun, ctx: Context): Promise<StartedDumps> {
  const { options, target } = run
  const plan = options.parallel > 1 ? await planDumps(run, ctx) : undefined
  if (plan === undefined) return alone()
  if (argumentBytes(plan.tasks, run) > longestArguments)
    return alone(run, 'there are too many tables to name in arguments')
  await using stack = new AsyncDisposableStack()
  const { lockAllTables, lockWaitMs: waitMs = defaultLockWaitMs } = options
  const programs = stack.use(startPrograms(run, plan, ctx))
  await programs.ready
  const lock = await lockForSnapshots(target, { waitMs, keepsWriters: lockAllTables }, ctx)
  if (typeof lock === 'string') return alone(run, lock)
  stack.use(lock)
  programs.begin(lock.place.position)
  // as long as we would wait for others, they are made to wait for us
  const trouble = await whyNotBegun(programs, waitMs, ctx)
  if (trouble !== undefined) return alone(run, trouble)
  if (!lockAllTables) await lock.release(ctx)
  const release = lockAllTables ? lock.release : async () => {}
  const held = stack.move()
  return {
    dumps: { plan, programs, lock: { place: lock.place, release } },
    findings: [],
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  }
}

/**
 * Until all have begun no file of theirs was handed out. What keeps one of many from beginning, such as too many connections, need not
 * keep one alone from it; if it does, that one fails of it.
 */
async function whyNotBegun({ begun }: DumpPrograms, limitMs: number, ctx: Context): Promise<string | undefined> {
  const late = Promise.withResolvers<string>()
  const timer = setTimeout(() => late.resolve(`its programs did not begin in ${formatDurationMs(limitMs)}`), limitMs)
  try {
    return await Promise.race([begun.then(() => undefined), late.promise])
  } catch (error) {
    if (ctx.signal.aborted || !isAppError(error, 'MYSQL_DUMP_FAILED')) throw error
    return `one of several failed: ${error.details.reason}`
  } finally {
    clearTimeout(timer)
  }
}

/** undefined when there is too little to share. */
async function planDumps({ session, databases, options }: DumpRun, ctx: Context): Promise<DumpPlan | undefined> {
  const { parallel, selection, smallestShareBytes = defaultShareBytes } = options
  const tables = await readTableSizes(session, databases, selection, ctx)
  const sizeBytes = tables.reduce((sum, table) => sum + table.sizeBytes, 0)
  const shares = Math.min(parallel, Math.floor(sizeBytes / smallestShareBytes))
  if (shares < 2) return undefined
  const placed: PlacedTable[] = []
  for (const { table, pieces } of shareTables(tables, shares)) {
    const { key } = table
    const isDivided = key !== undefined && pieces.length > 1
    const borders = isDivided ? await readKeyBorders(session, { ...table, key }, pieces.length, ctx) : []
    const [firstShare = 0] = pieces
    const lastShare = borders.length > 0 ? (pieces.at(-1) ?? firstShare) : firstShare
    placed.push({ table, firstShare, lastShare, borders })
  }
  return planPrograms(databases, placed)
}

function alone(run?: DumpRun, reason?: string): StartedDumps {
  const findings = run === undefined || reason === undefined ? [] : [notParallel(run.options.parallel, reason)]
  return { dumps: undefined, findings, [Symbol.asyncDispose]: async () => {} }
}

function notParallel(parallel: number, reason: string): LogicalFinding {
  return {
    code: 'MYSQL_DUMP_NOT_PARALLEL',
    message: `one program dumped everything, and not ${parallel} at once: ${reason}`,
    hint: 'Back up while no statement runs for long, wait longer with --lock-wait, or ask for fewer programs; the account needs RELOAD, and BINLOG MONITOR (MySQL: REPLICATION CLIENT).',
  }
}

/** Of the program with the longest: each argument ends with a zero byte, and has a pointer. */
function argumentBytes(tasks: readonly DumpTask[], run: DumpRun): number {
  const leftOut = ignored(run.databases, run.options.selection)
  const sizes = tasks.map((task) =>
    taskArguments(task, run, leftOut).reduce((sum, argument) => sum + Buffer.byteLength(argument) + 9, 0),
  )
  return Math.max(...sizes)
}
