import type { Context } from '@holdfast/core/context'
import { loadAndReplay, type MysqlRestoreReport } from './load-and-replay.ts'
import type { MysqlRestorePlan } from './plan-mysql-restore.ts'
import { restoreMysqlTables } from './restore-mysql-tables.ts'

/**
 * Does what the plan says. `skipsAccounts`: statements about accounts are left out of the replay. Fails with
 * MYSQL_RESTORE_FAILED, MYSQL_START_FAILED.
 */
export async function executeMysqlRestore(
  plan: MysqlRestorePlan,
  choice: { readonly skipsAccounts: boolean },
  ctx: Context,
): Promise<MysqlRestoreReport> {
  const { scratch } = plan
  return scratch === undefined ? await loadAndReplay(plan, choice, ctx) : await restoreMysqlTables(plan, scratch, ctx)
}
