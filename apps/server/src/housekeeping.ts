import type { Context } from '@holdfast/core/context'
import type { Catalogue } from '@holdfast/orchestrator/catalogue/catalogue'
import type { ServerLog } from './server-log.ts'
import { doInProcess, neededOf } from './task/do-in-process.ts'
import type { MachineFacts, ServedConfig } from './task/task-message.ts'

const dayMs = 86_400_000
const runsKeptMs = 400 * dayMs
const samplesKeptMs = 800 * dayMs

/** Says when the catalogue was last copied, so that of several servers one does it. */
const copiedMark = 'catalogue/copied'

/**
 * What is to be done now and then: old records go, and once a day a copy of what the catalogue remembers goes into each
 * repository, so that it can be rebuilt from there.
 */
export function createHousekeeping(
  catalogue: Catalogue,
  log: ServerLog,
  given: { readonly machine: MachineFacts; config(): ServedConfig },
): (ctx: Context) => Promise<void> {
  return async (ctx) => {
    const now = ctx.now().getTime()
    await catalogue.runs.trim(new Date(now - runsKeptMs))
    await catalogue.samples.trim(new Date(now - samplesKeptMs))
    const before = await catalogue.marks.get(copiedMark)
    const hasSomething = (await catalogue.snapshots.overview()).length > 0
    if (!hasSomething || (before !== undefined && now - Date.parse(before) < dayMs)) return
    if (!(await catalogue.marks.compareAndSet(copiedMark, before, ctx.now().toISOString()))) return
    const told: Context = { signal: ctx.signal, now: () => ctx.now(), emit: (event) => log.event(event) }
    const { machine } = given
    const { config: whole, shown } = given.config()
    const config = neededOf(whole, undefined)
    const { result } = await doInProcess({ type: 'copy-catalogue', settings: shown, config, machine }, told)
    for (const problem of result.problems ?? []) log.write('warning', `the history was not copied: ${problem}`)
  }
}
