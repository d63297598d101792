import type { Context } from '@holdfast/core/context'
import { type DumpEntries, dumpFile, type DumpRun } from '../dump-run.ts'
import { databasePath, viewsPath } from '../logical-manifest.ts'
import type { StartedDumps } from './start-dumps.ts'

/** The files that one program would write, put together of what several write side by side. Fails with MYSQL_DUMP_FAILED. */
export async function* dumpSideBySide(
  run: DumpRun,
  { programs, plan, lock }: NonNullable<StartedDumps['dumps']>,
  ctx: Context,
): DumpEntries {
  for (const { database, parts } of plan.files) {
    const streams = parts.flatMap((origin) => programs.part(origin, database) ?? [])
    yield dumpFile(run, databasePath(database), { type: 'parts', parts: streams })
  }
  for (const { database, parts } of plan.files) {
    const views = programs.part({ task: parts[0]?.task ?? 0, type: 'views' }, database)
    if (views !== undefined) yield dumpFile(run, viewsPath(database), { type: 'parts', parts: [views] })
  }
  yield { kind: 'settle' }
  const results = await programs.ended
  await lock.release(ctx)
  return { ...results, ...lock.place }
}
