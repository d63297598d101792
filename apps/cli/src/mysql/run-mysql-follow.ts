import { followBinlog } from '@holdfast/connectors/mysql/binlog/binlog-follower'
import { describeMysqlTarget } from '@holdfast/connectors/mysql/connection/target'
import { AppError } from '@holdfast/core/errors/app-error'
import { followMysqlStart } from '@holdfast/orchestrator/mysql/follow-mysql-start'
import { followerId } from '@holdfast/orchestrator/mysql/follower-id'
import { createRepositoryBinlogSink } from '@holdfast/orchestrator/mysql/repository-binlog-sink'
import type { Invocation } from '../command/command.ts'
import type { FollowOptions } from '../command/follow.ts'
import { batchTips, graceMs } from '../follow/batch-tips.ts'
import { showFollowed, tellingPeople } from '../follow/follow-news.ts'
import { logWriterOptionsOf } from '../follow/log-writer-options.ts'
import { readSourceName } from '../backup/source-name.ts'
import { openRepositories } from '../session/open-repositories.ts'
import { mysqlSourceHost, readMysqlConnection } from './mysql-connection-argument.ts'

/** Follows until the signal to stop comes; that is its ordinary end. */
export async function runMysqlFollow(invocation: Invocation<FollowOptions>): Promise<number> {
  const { arguments: given, options, output, variables, ctx } = invocation
  if (options.slot !== undefined)
    throw new AppError('OPTIONS_CONFLICT', { first: 'a MySQL connection', second: '--slot' })
  const target = readMysqlConnection(given[0] ?? '', variables)
  const host = mysqlSourceHost(target)
  const source = options.source ?? readSourceName(host, '--source')
  await using stack = new AsyncDisposableStack()
  const repositories = await openRepositories(invocation, { lock: 'none' }, stack)
  const sink = stack.use(createRepositoryBinlogSink(repositories, { ...logWriterOptionsOf(invocation, host), source }))
  output.note(`following ${describeMysqlTarget(target)} as ${source}`)
  const told = tellingPeople('slice', output, ctx)
  const [first] = repositories
  const startFile = first && (await followMysqlStart(first, source, ctx))
  const report = await followBinlog(
    target,
    {
      sink,
      serverId: options.serverId ?? followerId(source, host),
      flushEveryMs: options.flushEvery ?? 10_000,
      graceMs,
      ...(startFile === undefined ? {} : { startFile }),
    },
    told,
  )
  await batchTips(sink, ctx)
  const { durable, recoverableUntil, slices, bytesReceived } = report
  const place = durable === undefined ? undefined : { durable }
  showFollowed({ source, piece: 'slice', pieces: slices, bytesReceived, durable: place, recoverableUntil }, output)
  return 0
}
