import { followWal } from '@holdfast/connectors/postgresql/wal/follower'
import { describeTarget } from '@holdfast/connectors/postgresql/connection/target'
import { formatLsn } from '@holdfast/connectors/postgresql/wal/lsn'
import { followStart } from '@holdfast/orchestrator/log/follow-start'
import { createRepositoryLogSink } from '@holdfast/orchestrator/log/repository-log-sink'
import type { FollowOptions } from '../command/follow.ts'
import type { Invocation } from '../command/command.ts'
import { batchTips, graceMs } from '../follow/batch-tips.ts'
import { showFollowed, tellingPeople } from '../follow/follow-news.ts'
import { openRepositories } from '../session/open-repositories.ts'
import { readConnectionArgument, sourceHost } from './connection-argument.ts'
import { logWriterOptionsOf } from '../follow/log-writer-options.ts'
import { noteProbeWarnings } from './note-probe-warnings.ts'
import { readSourceName } from '../backup/source-name.ts'

/** Follows until the signal to stop comes; that is its ordinary end. */
export async function runFollow(invocation: Invocation<FollowOptions>): Promise<number> {
  const { arguments: given, options, output, variables, ctx } = invocation
  const target = readConnectionArgument(given[0] ?? '', variables, ctx)
  const host = sourceHost(target)
  const source = options.source ?? readSourceName(host, '--source')
  await using stack = new AsyncDisposableStack()
  const repositories = await openRepositories(invocation, { lock: 'none' }, stack)
  const sink = stack.use(createRepositoryLogSink(repositories, { ...logWriterOptionsOf(invocation, host), source }))
  output.note(`following ${describeTarget(target)} as ${source}`)
  await noteProbeWarnings(target, 'follow', ctx)
  const flushEveryMs = options.flushEvery ?? 10_000
  const slot = options.slot ?? slotOf(source)
  const told = tellingPeople('segment', output, ctx)
  const [first] = repositories
  const start = first === undefined ? {} : await followStart(first, source, ctx)
  const report = await followWal(target, { ...start, slot, sink, flushEveryMs, graceMs }, told)
  await batchTips(sink, ctx)
  const { durable, recoverableUntil, segments, bytesReceived } = report
  const place = durable && { timeline: durable.timeline, durable: formatLsn(durable.lsn) }
  showFollowed({ source, piece: 'segment', pieces: segments, bytesReceived, durable: place, recoverableUntil }, output)
  return 0
}

/** "shop.db-1" → "holdfast_shop_db_1": slots have names of small letters, digits and underscores. */
function slotOf(source: string): string {
  return `holdfast_${source.toLowerCase().replaceAll(/[^a-z0-9_]/g, '_')}`.slice(0, 63)
}
