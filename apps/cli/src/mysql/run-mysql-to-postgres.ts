import {
  executeMysqlToPostgres,
  planMysqlToPostgres,
  type ToPostgresPlan,
} from '@holdfast/orchestrator/mysql/migrate-mysql-to-postgres'
import type { Invocation } from '../command/command.ts'
import type { MigrateOptions } from '../command/migrate.ts'
import { reportMigration } from '../migrate/report-migration.ts'
import { printable } from '../output/printable.ts'
import { readConnectionArgument } from '../postgresql/connection-argument.ts'
import { openSession } from '../session/open-session.ts'
import { migrationBackupOf } from './migration-backup.ts'
import { readMysqlConnection } from './mysql-connection-argument.ts'

/** `migrate mysql://… postgresql://…`: shows the plan, then moves and counts. The exit code is 3 when a table differs. */
export async function runMysqlToPostgres(
  from: string,
  to: string,
  invocation: Invocation<MigrateOptions>,
): Promise<number> {
  const { options, output, variables, ctx } = invocation
  const source = readMysqlConnection(from, variables)
  await using session = await openSession(invocation, { lock: 'append', changesNothing: options.dryRun })
  const plan = await planMysqlToPostgres(
    {
      from: source,
      to: readConnectionArgument(to, variables, ctx),
      ...migrationBackupOf(source, invocation),
    },
    ctx,
  )
  output.note(describePlan(plan))
  output.message({ message_type: 'plan', from: plan.from, to: plan.to, databases: plan.databases, left: plan.left })
  if (options.dryRun) return 0
  const report = await executeMysqlToPostgres(session.repository, plan, ctx)
  const { typeChanges, loadMs: restoreMs } = report
  const words = {
    success: 'moved, with as many rows',
    work: 'moved and counted',
    remarks: typeChanges.map((change) => `type: ${change}`),
    fields: { type_changes: typeChanges },
  }
  return reportMigration({ ...report, restoreMs }, words, output)
}

function describePlan({ from, to, databases, left, request, program }: ToPostgresPlan): string {
  return [
    `migration from ${from.version} at ${from.host} to database ${printable(to.database)} of ${to.version} at ${to.host}`,
    ...databases.map(({ database, tables }) => `  schema       ${printable(database)}, ${tables.length} tables`),
    `  backup       all of them into the repository, as source ${request.backup.source}`,
    `  moved by     ${program}`,
    ...left.map((one) => `  stays behind ${printable(one)}`),
    '  comparison   rows of every table',
  ].join('\n')
}
