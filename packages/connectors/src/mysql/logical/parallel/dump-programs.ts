import { type Context, withSignal } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { BinlogPosition } from '../../binlog/binlog-position.ts'
import { clientCommand } from '../../client/client-command.ts'
import { ignored, isLeftOut } from '../dump-arguments.ts'
import type { DumpRun } from '../dump-run.ts'
import { readText, withSettings } from '../dump-section.ts'
import { type DumpSection, startDump } from '../dump-stream.ts'
import { readHead, readTail } from '../dump-text.ts'
import { databasePath, viewsPath } from '../logical-manifest.ts'
import { PartSlot } from './part-slot.ts'
import type { DumpPlan, DumpTask, PartOrigin } from './plan-programs.ts'
import { taskArguments, taskShape } from './task-arguments.ts'

export interface ProgramResults {
  readonly sizes: ReadonlyMap<string, number>
  readonly rows: ReadonlyMap<string, number>
  readonly warnings: readonly string[]
}

/** Programs that run side by side; the first that fails stops the others. Disposing of it stops all. */
export interface DumpPrograms extends AsyncDisposable {
  /** to be read once each, in any order; undefined: no program will give it */
  part(origin: PartOrigin, database: string): AsyncIterable<Uint8Array> | undefined
  /** Resolves when each can begin: it waits to be told. */
  readonly ready: Promise<void>
  /** Has all begin. @param place in the binary log that every program must see, where it tells one */
  begin(place: BinlogPosition | undefined): void
  /** Resolves when each has begun to write rows or structure, so that its transaction is open: what it sees is fixed. */
  readonly begun: Promise<void>
  /** Resolves when all have succeeded and all parts were read. Fails with MYSQL_DUMP_FAILED. */
  readonly ended: Promise<ProgramResults>
}

/** What one program has to do with the others. */
interface Shared {
  readonly run: DumpRun
  readonly slots: ReadonlyMap<string, PartSlot>
  readonly sizes: Map<string, number>
  /** when they are told to begin */
  readonly told: Promise<BinlogPosition | undefined>
}

/** What one program tells of itself. */
interface Signs {
  ready(): void
  begun(): void
}

export function startPrograms(run: DumpRun, plan: DumpPlan, ctx: Context): DumpPrograms {
  const stop = new AbortController()
  const own = withSignal(ctx, AbortSignal.any([ctx.signal, stop.signal]))
  const slots = slotsOf(plan, run)
  const told = Promise.withResolvers<BinlogPosition | undefined>()
  const shared: Shared = { run, slots, sizes: new Map(), told: told.promise }
  const ready = plan.tasks.map(() => Promise.withResolvers<void>())
  const begun = plan.tasks.map(() => Promise.withResolvers<void>())
  const fail = (error: unknown): void => {
    stop.abort(error)
    for (const slot of slots.values()) slot.fail(error)
    for (const { reject } of [told, ...ready, ...begun]) reject(error)
  }
  const running = plan.tasks.map(async (_task, position) => {
    try {
      const signs = { ready: () => ready[position]?.resolve(), begun: () => begun[position]?.resolve() }
      return await dumpTask(plan.tasks, position, shared, signs, own)
    } catch (error) {
      fail(error)
      throw stop.signal.reason
    }
  })
  const ended = Promise.all(running).then((results) => joined(results, shared.sizes))
  const [allReady, allBegun] = [allOf(ready), allOf(begun)]
  // whoever needs them waits for them later
  for (const promise of [told.promise, ended, allReady, allBegun]) promise.catch(() => {})
  return {
    part: (origin, database) => slots.get(slotKey(origin, database))?.chunks(),
    ready: allReady,
    begin: told.resolve,
    begun: allBegun,
    ended,
    async [Symbol.asyncDispose]() {
      fail(new AppError('INTERRUPTED', {}))
      await Promise.allSettled(running)
    },
  }
}

async function allOf(signs: readonly PromiseWithResolvers<void>[]): Promise<void> {
  await Promise.all(signs.map(({ promise }) => promise))
}

type TaskResult = Pick<ProgramResults, 'rows' | 'warnings'>

async function dumpTask(
  tasks: readonly DumpTask[],
  position: number,
  { run, slots, sizes, told }: Shared,
  signs: Signs,
  ctx: Context,
): Promise<TaskResult> {
  const task = tasks[position]
  if (task === undefined) throw new Error('there is no such task')
  const { options, session, databases, target, tool } = run
  const { host } = session
  const failed = (reason: string): AppError => new AppError('MYSQL_DUMP_FAILED', { host, reason })
  const args = taskArguments(task, run, ignored(databases, options.selection))
  await using client = await clientCommand(tool, args, target, options.client, { waits: true })
  const start = { shape: taskShape(task), silenceLimitMs: options.silenceLimitMs, host, input: lineWhen(told) }
  await using dump = startDump(client.command, start, ctx)
  signs.ready()
  const place = await told
  const texts = { head: '', tail: '' }
  for await (const { part, chunks } of dump.sections()) {
    if (part.type === 'head' || part.type === 'tail') texts[part.type] = await readText(chunks)
    else {
      requireSamePlace(readHead(texts.head).position, place, failed)
      signs.begun()
      const slot = slots.get(slotKey({ task: position, type: part.type }, part.database))
      const path = part.type === 'views' ? viewsPath(part.database) : databasePath(part.database)
      const settings = task.type === 'databases' && part.type !== 'end' ? readHead(texts.head).settings : ''
      const whole = withSettings(settings, chunks, (bytes) => sizes.set(path, (sizes.get(path) ?? 0) + bytes))
      await (slot === undefined ? skip(chunks) : slot.give(whole))
    }
  }
  const result = await dump.finish()
  if (!readTail(texts.tail, texts.head).isComplete) throw failed('its last line is missing')
  signs.begun()
  const missing = [...slots].find(([key, slot]) => key.startsWith(`${position}/`) && !slot.isGiven)
  if (missing !== undefined) throw failed(`a part of it did not come: ${missing[0]}`)
  return result
}

async function* lineWhen(told: Promise<unknown>): AsyncGenerator<Uint8Array, void, undefined> {
  await told
  yield Buffer.from('\n')
}

/** Transactions of one instant know one place in the log. */
function requireSamePlace(
  found: BinlogPosition | undefined,
  expected: BinlogPosition | undefined,
  failed: (reason: string) => AppError,
): void {
  if (found === undefined || expected === undefined) return
  if (found.file === expected.file && found.position === expected.position) return
  throw failed(
    `programs that began together are not of one instant: ${found.file}:${found.position}, not ${expected.file}:${expected.position}`,
  )
}

async function skip(chunks: DumpSection['chunks']): Promise<void> {
  for await (const _bytes of chunks) continue
}

function slotsOf({ files }: DumpPlan, { databases, options }: DumpRun): ReadonlyMap<string, PartSlot> {
  // a program that leaves out all views writes nothing of them, not even that there are none
  const wanted = databases.filter(({ name, views }) =>
    views.some((view) => !isLeftOut(`${name}.${view}`, options.selection)),
  )
  const withViews = new Set(wanted.map(({ name }) => name))
  const origins = files.flatMap(({ database, parts }) => {
    const views = { task: parts[0]?.task ?? 0, type: 'views' } as const
    const all: PartOrigin[] = withViews.has(database) ? [...parts, views] : [...parts]
    return all.map((origin) => slotKey(origin, database))
  })
  return new Map(origins.map((key) => [key, new PartSlot()]))
}

function slotKey({ task, type }: PartOrigin, database: string): string {
  return `${task}/${type}/${database}`
}

function joined(results: readonly TaskResult[], sizes: ReadonlyMap<string, number>): ProgramResults {
  const rows = new Map<string, number>()
  for (const [table, count] of results.flatMap((result) => [...result.rows])) {
    rows.set(table, (rows.get(table) ?? 0) + count)
  }
  return { sizes, rows, warnings: [...new Set(results.flatMap(({ warnings }) => warnings))] }
}
