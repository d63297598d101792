import {
  executeMysqlMigration,
  type MysqlMigrationPlan,
  planMysqlMigration,
} from '@holdfast/orchestrator/mysql/migrate-mysql'
import type { Invocation } from '../command/command.ts'
import type { MigrateOptions } from '../command/migrate.ts'
import { reportMigration } from '../migrate/report-migration.ts'
import { printable } from '../output/printable.ts'
import { openSession } from '../session/open-session.ts'
import { migrationBackupOf } from './migration-backup.ts'
import { readMysqlConnection } from './mysql-connection-argument.ts'

/** `migrate mysql://… mysql://…`: shows the plan, then moves and compares. The exit code is 3 when a table differs. */
export async function runMysqlMigrate(
  from: string,
  to: string,
  invocation: Invocation<MigrateOptions>,
): Promise<number> {
  const { options, output, variables, ctx } = invocation
  const source = readMysqlConnection(from, variables)
  await using session = await openSession(invocation, { lock: 'append', changesNothing: options.dryRun })
  const plan = await planMysqlMigration(
    {
      from: source,
      to: readMysqlConnection(to, variables),
      ...migrationBackupOf(source, invocation),
    },
    ctx,
  )
  output.note(describePlan(plan))
  const { databases, changes } = plan
  output.message({ message_type: 'plan', from: plan.from, to: plan.to, databases, changes })
  if (options.dryRun) return 0
  const report = await executeMysqlMigration(session.repository, plan, ctx)
  const words = { success: 'moved and equal', work: 'restored and compared', fields: { changes } }
  return reportMigration(report, words, output)
}

function describePlan({ from, to, databases, changes, request }: MysqlMigrationPlan): string {
  return [
    `migration from ${from.version} at ${from.host} to ${to.version} at ${to.host}`,
    ...databases.map(({ name, tables }) => `  database     ${printable(name)}, ${tables.length} tables`),
    `  backup       all of them into the repository, as source ${request.backup.source}`,
    ...changes.map((change) => `  changes      ${printable(change)}`),
    '  comparison   rows and content of every table',
  ].join('\n')
}
