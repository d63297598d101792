import type { LogicalRestoreReport } from '@holdfast/connectors/mysql/logical/restore/logical-restore'
import { restoreLogical } from '@holdfast/connectors/mysql/logical/restore/restore-logical'
import { replayBinlog } from '@holdfast/connectors/mysql/recovery/replay-binlog'
import { replayEvents } from '@holdfast/connectors/mysql/recovery/replay-events'
import type { Context } from '@holdfast/core/context'
import { logicalFilesOf } from './list-mysql-backups.ts'
import type { MysqlRestorePlan } from './plan-mysql-restore.ts'

export interface MysqlRestoreReport extends LogicalRestoreReport {
  readonly loadMs: number
  readonly replayMs: number
}

/**
 * Loads the backup, compares it with what was dumped, then replays the log up to the place of the plan, all of it on one
 * server. `skipsAccounts`: statements about accounts are left out of the replay. Fails with MYSQL_RESTORE_FAILED.
 */
export async function loadAndReplay(
  { backup, material, load, replay }: MysqlRestorePlan,
  { skipsAccounts }: { readonly skipsAccounts: boolean },
  ctx: Context,
): Promise<MysqlRestoreReport> {
  const startedAt = ctx.now().getTime()
  const loaded = await restoreLogical(logicalFilesOf(material.opened, backup), load, ctx)
  const loadedAt = ctx.now().getTime()
  const isSound = loaded.checks.every(({ verdict }) => verdict !== 'failed')
  if (replay !== undefined && isSound) {
    const { request, steps, host } = load
    const { target, client } = request
    const where = { target, client, host, family: backup.manifest.server.family }
    const databases = backup.manifest.fingerprint.databases.map(({ name }) => name)
    if (request.databases.length === 0) {
      await replayBinlog(where, replayEvents(replay, material.read, { skipsAccounts }, ctx), ctx)
    }
    // one after the other: nothing in what is replayed reaches from one into another
    for (const { fingerprint, into } of request.databases.length === 0 ? [] : steps) {
      const chosen = { name: fingerprint.name, into }
      const choice = { skipsAccounts, scope: { ...chosen, databases } }
      await replayBinlog({ ...where, database: chosen }, replayEvents(replay, material.read, choice, ctx), ctx)
    }
  }
  return { ...loaded, loadMs: loadedAt - startedAt, replayMs: ctx.now().getTime() - loadedAt }
}
