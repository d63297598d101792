import type { MysqlTarget } from '@holdfast/connectors/mysql/connection/target'
import { mysqlClientPlace } from '@holdfast/orchestrator/mysql/mysql-client-place'
import type { Invocation } from '../command/command.ts'
import type { MigrateOptions } from '../command/migrate.ts'
import { programVersion } from '../command/version.ts'
import { readSourceName } from '../backup/source-name.ts'
import { saveSettingsOf } from '../session/save-settings-of.ts'
import { chosenDatabases, mysqlSourceHost } from './mysql-connection-argument.ts'

/** The safety backup that a migration away from a server begins with, and how it is saved. */
export function migrationBackupOf(from: MysqlTarget, invocation: Invocation<MigrateOptions>) {
  const { options, variables } = invocation
  const host = mysqlSourceHost(from)
  return {
    backup: {
      source: options.source ?? readSourceName(host, '--source'),
      selection: { databases: chosenDatabases(options.database, from), tables: [], excludeTables: [] },
      client: mysqlClientPlace(options.mysqlBin, variables),
      silenceLimitMs: 600_000,
      lockAllTables: false,
      parallel: 1,
      toolVersion: programVersion(),
    },
    settings: { ...saveSettingsOf(invocation, host), tags: ['migration'] },
  }
}
