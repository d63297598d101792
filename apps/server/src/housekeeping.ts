import type { Context } from '@holdfast/core/context'
import type { Catalogue } from '@holdfast/orchestrator/catalogue/catalogue'
import { acceptsRun, agentOf } from '@holdfast/orchestrator/run/accepts-run'
import { trimAsked } from '@holdfast/orchestrator/run/enqueue-once'
import type { RunQueue } from '@holdfast/orchestrator/run/run-queue'
import type { ServerLog } from './server-log.ts'
import { doInProcess, neededOf } from './task/do-in-process.ts'
import type { MachineFacts, ServedConfig } from './task/task-message.ts'

const dayMs = 86_400_000
const runsKeptMs = 400 * dayMs
const samplesKeptMs = 800 * dayMs

/** Says when the catalogue was last copied, so that of several servers one does it. */
const copiedMark = 'catalogue/copied'

export interface HousekeepingSurroundings {
  readonly catalogue: Catalogue
  readonly queue: RunQueue
  readonly log: ServerLog
  readonly machine: MachineFacts
  config(): ServedConfig
}

/**
 * What is to be done now and then: old records go, runs that nobody will do any more are cancelled, and once a day a copy
 * of what the catalogue remembers goes into each repository, so that it can be rebuilt from there.
 */
export function createHousekeeping(given: HousekeepingSurroundings): (ctx: Context) => Promise<void> {
  const { catalogue } = given
  return async (ctx) => {
    const now = ctx.now().getTime()
    await catalogue.runs.trim(new Date(now - runsKeptMs))
    await catalogue.samples.trim(new Date(now - samplesKeptMs))
    await trimAsked(catalogue.marks, ctx.now())
    await cancelOrphans(given, now)
    await copyDaily(given, ctx)
  }
}

/** Runs of what was taken out of the configuration; other servers, which may know it, have had a day. */
async function cancelOrphans({ catalogue, queue, log, config }: HousekeepingSurroundings, now: number): Promise<void> {
  for (const run of await catalogue.runs.list({ states: ['queued'] })) {
    const isWanted = acceptsRun(run, config().config) || agentOf(run, config().config) !== undefined
    if (now - run.dueAt.getTime() < dayMs || isWanted) continue
    if (await queue.cancel(run.id)) log.write('info', 'a run that nobody can do is cancelled', { run: run.id })
  }
}

async function copyDaily({ catalogue, log, machine, config }: HousekeepingSurroundings, ctx: Context): Promise<void> {
  const before = await catalogue.marks.get(copiedMark)
  const hasSomething = (await catalogue.snapshots.overview()).length > 0
  if (!hasSomething || (before !== undefined && ctx.now().getTime() - Date.parse(before) < dayMs)) return
  const claim = ctx.now().toISOString()
  if (!(await catalogue.marks.compareAndSet(copiedMark, before, claim))) return
  const told: Context = { signal: ctx.signal, now: () => ctx.now(), emit: (event) => log.event(event) }
  const { config: whole, shown } = config()
  try {
    const task = { type: 'copy-catalogue', settings: shown, config: neededOf(whole, undefined), machine } as const
    const { result } = await doInProcess(task, told)
    for (const problem of result.problems ?? []) log.write('warning', `the history was not copied: ${problem}`)
  } catch (error) {
    // for the next hour's turn
    if (before === undefined) await catalogue.marks.remove(copiedMark)
    else await catalogue.marks.compareAndSet(copiedMark, claim, before)
    throw error
  }
}
