import { chmod, mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findMysqlTool } from '@holdfast/connectors/mysql/client/mysql-tool'
import { connectMysql } from '@holdfast/connectors/mysql/connection/connect'
import { verifyDatabases } from '@holdfast/connectors/mysql/proof/verify-databases'
import { serveDirectory } from '@holdfast/connectors/mysql/server/serve-directory'
import type { Context } from '@holdfast/core/context'
import { type Check, passed, runCheck } from '@holdfast/core/proof/check'
import type { Repository } from '@holdfast/repository/repository'
import { openProofDirectory } from '../proof/proof-directory.ts'
import { verdictOf } from '../proof/source-proof.ts'
import type { MysqlProof, MysqlProofRequest } from './prove-mysql.ts'
import { executeMysqlDirectory, type MysqlDirectoryReport, planMysqlDirectory } from './restore-mysql-directory.ts'

/**
 * Restores a physical backup with its log into a directory that is removed again, starts a server on it that nobody else
 * reaches, and looks at everything. What keeps the proof from being made at all is thrown, as for `proveMysql`.
 */
export async function proveMysqlDirectory(
  repository: Repository,
  request: MysqlProofRequest,
  ctx: Context,
): Promise<MysqlProof> {
  const startedAt = ctx.now()
  await using place = await openProofDirectory(request.sandboxParent ?? tmpdir())
  // a server must be able to reach its directory in it
  await chmod(place.path, 0o711)
  const to = join(place.path, 'data')
  await mkdir(to, { mode: 0o700 })
  const { source, target, client } = request
  const plan = await planMysqlDirectory(repository, source, { target, to, client }, ctx)
  const { manifest, snapshot } = plan.backup
  const tool = plan.server ?? (await findMysqlTool('server', manifest.server.family, plan.client, ctx))
  const checks: Check[] = []
  let report: MysqlDirectoryReport | undefined
  const restored = async () => {
    report = await executeMysqlDirectory(plan, request.workers, ctx)
    const { replay } = plan
    return passed(`prepared${replay === undefined ? '' : `, log replayed to ${replay.to.file}:${replay.to.position}`}`)
  }
  checks.push(await runCheck({ name: 'recovered' }, restored, ctx))
  const startFrom = ctx.now().getTime()
  let startMs = 0
  if (report !== undefined) {
    const look = async () => {
      await using running = await serveDirectory(tool, to, manifest.server, ctx)
      startMs = ctx.now().getTime() - startFrom
      await using session = await connectMysql(running.target, ctx)
      for await (const check of verifyDatabases(session, request.expectation, ctx)) checks.push(check)
      return passed('a server came up on what was restored')
    }
    checks.push(await runCheck({ name: 'started' }, look, ctx))
  }
  const endedAt = ctx.now()
  const { filesMs = 0, prepareMs = 0, replayMs = 0 } = report ?? {}
  return {
    formatVersion: 1,
    source,
    type: 'mysql',
    method: 'physical',
    snapshotId: snapshot.id,
    repository: repository.backend.location,
    verdict: verdictOf(checks),
    target: request.targetText,
    ...(target.stop.type === 'time' ? { until: target.stop.at } : {}),
    startedAt: startedAt.toISOString(),
    endedAt: endedAt.toISOString(),
    phases: {
      fetchMs: filesMs,
      startMs,
      replayMs: prepareMs + replayMs,
      checkMs: endedAt.getTime() - startFrom - startMs,
    },
    recoveryMs: filesMs + prepareMs + replayMs + startMs,
    dataBytes: manifest.bytes,
    walBytes: plan.replay?.bytes ?? 0,
    serverVersion: tool.version,
    checks,
  }
}
