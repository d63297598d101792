import { flag, several, single } from '../argument/option.ts'

/** Where the programs of MySQL and MariaDB are looked for besides the usual places. */
export const mysqlBinariesOption = {
  mysqlBin: several({
    placeholder: '<directory>',
    help: 'Look for programs of MySQL and MariaDB here first.',
    completes: 'directory',
  }),
}

/** Options of `backup mysql://…` alone. */
export const mysqlBackupOptions = {
  lockAllTables: flag({
    help: 'MySQL: let nobody write while the dump runs, for tables that know no transactions.',
  }),
  ...mysqlBinariesOption,
}

/** Options of `restore <source> --into-server mysql://…` alone. */
export const mysqlRestoreOptions = {
  atLog: single({
    placeholder: '<place>',
    help: 'MySQL: stop at this place of the binary log, such as binlog.000042:1234, or after this GTID.',
  }),
  without: several({
    placeholder: '<transaction>',
    help: 'MySQL: leave out this transaction, named by GTID or by where it begins, binlog.000042:1234.',
  }),
  ...mysqlBinariesOption,
}
