import { tmpdir } from 'node:os'
import { formatSize } from '@holdfast/core/units/size'
import { clientPlaceOf } from '@holdfast/orchestrator/postgresql/client-place'
import { executeMigration, type MigrationPlan, planMigration } from '@holdfast/orchestrator/postgresql/migrate-postgres'
import type { Invocation } from '../command/command.ts'
import type { MigrateOptions } from '../command/migrate.ts'
import { programVersion } from '../command/version.ts'
import { reportMigration } from '../migrate/report-migration.ts'
import { printable } from '../output/printable.ts'
import { openSession } from '../session/open-session.ts'
import { defaultWorkers } from '../session/worker-count.ts'
import { readConnectionArgument, sourceHost } from './connection-argument.ts'
import { readSourceName } from '../backup/source-name.ts'
import { saveSettingsOf } from '../session/save-settings-of.ts'

const minuteMs = 60_000

/** Shows the plan, then moves and compares. The exit code is 3 when a table differs. */
export async function runMigrate(from: string, to: string, invocation: Invocation<MigrateOptions>): Promise<number> {
  const { options, output, variables, ctx } = invocation
  const source = readConnectionArgument(from, variables, ctx)
  const host = sourceHost(source)
  const client = clientPlaceOf(options.postgresBin, variables)
  await using session = await openSession(invocation, { lock: 'append', changesNothing: options.dryRun })
  const plan = await planMigration(
    {
      from: source,
      to: readConnectionArgument(to, variables, ctx),
      backup: {
        source: options.source ?? readSourceName(host, '--source'),
        selection: { databases: options.database, schemas: [], tables: [], excludeTables: [] },
        client,
        parallel: 2,
        silenceLimitMs: 10 * minuteMs,
        lockWaitMs: 5 * minuteMs,
        toolVersion: programVersion(),
      },
      restore: {
        client,
        owners: !options.noOwner,
        jobs: options.jobs ?? defaultWorkers(),
        temporaryDirectory: options.temporary ?? tmpdir(),
      },
      settings: { ...saveSettingsOf(invocation, host), tags: ['migration'] },
    },
    ctx,
  )
  output.note(describePlan(plan))
  output.message({ message_type: 'plan', from: plan.from, to: plan.to, databases: plan.databases })
  if (options.dryRun) return 0
  const report = await executeMigration(session.repository, plan, ctx)
  const words = {
    success: 'moved and equal',
    work: 'restored and compared',
    fields: { databases: report.manifest.fingerprint.databases },
  }
  return reportMigration(report, words, output)
}

function describePlan({ from, to, databases, request }: MigrationPlan): string {
  return [
    `migration from PostgreSQL ${from.version} at ${from.host} to PostgreSQL ${to.version} at ${to.host}`,
    ...databases.map(({ name, sizeBytes }) => `  database     ${printable(name)}, ${formatSize(Number(sizeBytes))}`),
    `  backup       all of them into the repository, as source ${request.backup.source}`,
    `  restore      of that backup; roles that are missing are made${request.restore.owners ? '' : '; without owners and privileges'}`,
    '  comparison   rows and checksums of every table',
  ].join('\n')
}
