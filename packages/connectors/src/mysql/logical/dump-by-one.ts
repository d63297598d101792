import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { clientCommand } from '../client/client-command.ts'
import { dumpArguments } from './dump-arguments.ts'
import { type DumpEntries, dumpFile, type DumpRun } from './dump-run.ts'
import { readText, withSettings } from './dump-section.ts'
import { startDump } from './dump-stream.ts'
import { readHead, readTail } from './dump-text.ts'
import { databasePath, viewsPath } from './logical-manifest.ts'
import { serverClock } from './read-server-facts.ts'

/** One program writes everything, one file after the other. Fails with MYSQL_DUMP_FAILED. */
export async function* dumpByOne(run: DumpRun, ctx: Context): DumpEntries {
  const { options, session, databases, facts, target, tool } = run
  const { selection, lockAllTables, silenceLimitMs } = options
  const { writesBinlog } = facts
  const args = dumpArguments({ server: session.version, databases, selection, writesBinlog, lockAllTables })
  await using client = await clientCommand(tool, args, target, options.client)
  const shape = { of: 'databases', databases: databases.map(({ name }) => name) } as const
  await using dump = startDump(client.command, { shape, silenceLimitMs, host: session.host }, ctx)
  const sizes = new Map<string, number>()
  const texts = { head: '', tail: '' }
  let consistentAt = run.startedAt
  for await (const { part, chunks } of dump.sections()) {
    if (part.type === 'head' || part.type === 'tail') {
      texts[part.type] = await readText(chunks)
      if (part.type === 'head') consistentAt = await serverClock(session, ctx)
      continue
    }
    const path = part.type === 'views' ? viewsPath(part.database) : databasePath(part.database)
    const whole = withSettings(readHead(texts.head).settings, chunks, (bytes) => sizes.set(path, bytes))
    yield dumpFile(run, path, { type: 'stream', chunks: whole })
  }
  const { rows, warnings } = await dump.finish()
  const { position } = readHead(texts.head)
  const { isComplete, gtid } = readTail(texts.tail, texts.head)
  if (!isComplete) throw new AppError('MYSQL_DUMP_FAILED', { host: session.host, reason: 'its last line is missing' })
  const place = position === undefined || gtid === undefined ? position : { ...position, gtid }
  return { position: place, consistentAt, sizes, rows, warnings }
}
