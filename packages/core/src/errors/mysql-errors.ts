import type { ErrorDefinition } from './error-definition.ts'

/** MySQL and MariaDB: connections, dumps, binary logs, recovery. */
export const mysqlErrors = {
  // --- MySQL and MariaDB: connections
  MYSQL_TARGET_INVALID: {
    exitCode: 1,
    retryable: false,
    message: 'the MySQL connection is not understood: {reason}',
    hint: 'Give mysql://user@host:3306 or mysql://user@localhost?socket=/run/mysqld/mysqld.sock; {advice}.',
  },
  MYSQL_FILES_ELSEWHERE: {
    exitCode: 1,
    retryable: false,
    message: 'the files of {hosts} are not on this machine',
    hint: 'Run Holdfast next to them, or say with --data-directory where they are seen from here; a dump needs no files.',
  },
  MYSQL_PASSWORD_IN_ARGUMENTS: {
    exitCode: 1,
    retryable: false,
    message: 'the MySQL connection holds a password, which every user of this machine could read',
    hint: 'Leave it out, and set MYSQL_PWD, or put it into [client] of ~/.my.cnf (chmod 600).',
  },
  MYSQL_UNREACHABLE: {
    exitCode: 1,
    retryable: true,
    message: 'cannot reach the MySQL server at {host}: {reason}',
    hint: 'Check that the server runs, host and port, bind-address and skip-networking in its configuration, and firewalls in between.',
  },
  MYSQL_ACCESS_DENIED: {
    exitCode: 1,
    retryable: false,
    message: '{host} does not let {user} in: {reason}',
    hint: 'Check user and password (MYSQL_PWD, or [client] in ~/.my.cnf), and that the account may come from this host: SELECT user, host FROM mysql.user. One that the system vouches for (unix_socket, auth_socket) gets in with ?socket=/run/mysqld/mysqld.sock only.',
  },
  MYSQL_TLS_FAILED: {
    exitCode: 1,
    retryable: false,
    message: 'no TLS connection to {host} comes about: {reason}',
    hint: 'Set up TLS on the server, name its authority with ?ssl-ca=<file>, or use ?ssl-mode=disabled where the network itself is trusted.',
  },
  MYSQL_CONNECTIONS_EXHAUSTED: {
    exitCode: 1,
    retryable: true,
    message: '{host} takes no more connections: {reason}',
    hint: 'Close idle sessions or raise max_connections.',
  },
  MYSQL_CONNECTION_LOST: {
    exitCode: 1,
    retryable: true,
    message: 'the connection to {host} broke: {reason}',
    hint: 'Check the network and the error log of the server, then run the command again.',
  },
  MYSQL_VERSION_UNSUPPORTED: {
    exitCode: 1,
    retryable: false,
    message: '{host} runs {version}; MySQL 8.0 and MariaDB 10.6 are the oldest supported',
    hint: 'Upgrade the server; until then back it up with its own mysqldump through `holdfast backup --stdin-from-command`.',
  },
  MYSQL_PRIVILEGE_MISSING: {
    exitCode: 1,
    retryable: false,
    message: '{user} may not do this on {host}: {reason}',
    hint: '{advice}',
  },
  MYSQL_QUERY_FAILED: {
    exitCode: 1,
    retryable: false,
    message: '{host} refuses {statement}: {reason} (error {number})',
    hint: 'Correct what the message names; the error log of the server may say more.',
  },
  MYSQL_DATABASE_UNKNOWN: {
    exitCode: 1,
    retryable: false,
    message: 'there is no database {database} on {host}',
    hint: 'Check the name; SHOW DATABASES lists those that the account may see.',
  },
  MYSQL_TABLE_UNKNOWN: {
    exitCode: 1,
    retryable: false,
    message: 'there is no table {table} among the databases to be dumped of {host}, or the account may not see it',
    hint: 'Name it with its database, as --table shop.orders; SHOW TABLES FROM the database lists those that the account may see.',
  },
  // --- MySQL and MariaDB: logical backups
  MYSQL_TOOL_MISSING: {
    exitCode: 1,
    retryable: false,
    message: 'no {program} that fits on {place}: {found}',
    hint: "Install the programs of the server's family (Debian's packages are mariadb-client, mariadb-backup and mysql-client), or name their directory with --mysql-bin.",
  },
  MYSQL_DUMP_FAILED: {
    exitCode: 1,
    retryable: true,
    message: 'the dump of {host} is not whole: {reason}',
    hint: 'No snapshot was made. Correct what the message names (a missing privilege, a broken view, DDL meanwhile), then run the backup again.',
  },
  MYSQL_DUMP_UNREADABLE: {
    exitCode: 1,
    retryable: false,
    message: '{what} is not a dump that can be relied on: {reason}',
    hint: 'Take another snapshot, and run `holdfast check --read-data` on this one.',
  },
  MYSQL_RESTORE_FAILED: {
    exitCode: 1,
    retryable: false,
    message: 'the restore of {what} on {host} is not whole: {reason}',
    hint: 'What was restored so far is left as it is. Correct the cause, then restore again.',
  },
  MYSQL_DATABASE_EXISTS: {
    exitCode: 1,
    retryable: false,
    message: 'there is a database {database} on {host} already',
    hint: 'Restore one database beside it with --database and --into <new name>, or over it with --replace {database}, which keeps a safety backup; over all with --confirm and the name of the source. The same after a restore that was interrupted.',
  },
  MYSQL_TABLE_EXISTS: {
    exitCode: 1,
    retryable: false,
    message: 'there is a table {table} on {host} already',
    hint: 'Restore into another database with --into <name>, or over it with --replace {table}, which keeps a safety backup; over several with --confirm and the name of the source.',
  },
  MYSQL_PACKET_TOO_LARGE: {
    exitCode: 1,
    retryable: false,
    message: '{host} takes no packet as large as a row of {what}: {reason}',
    hint: 'Raise it on the server with SET GLOBAL max_allowed_packet = 1073741824, and in its configuration.',
  },
  // --- MySQL and MariaDB: binary log and recovery
  MYSQL_BINLOG_OFF: {
    exitCode: 1,
    retryable: false,
    message: '{host} writes no binary log',
    hint: 'Set log_bin and a server_id in the configuration of the server and restart it; until then each backup is one recoverable state.',
  },
  MYSQL_BINLOG_PURGED: {
    exitCode: 1,
    retryable: true,
    message: '{host} no longer has the binary log that comes next: {reason}',
    hint: 'Make a new backup; raise binlog_expire_logs_seconds so that the log outlives an outage of the follower.',
  },
  MYSQL_BINLOG_UNREADABLE: {
    exitCode: 1,
    retryable: false,
    message: '{file} is not readable as a binary log: {reason}',
    hint: 'Look where it came from. If the server wrote it so, its disk or memory is at fault: make a new backup.',
  },
  MYSQL_SERVER_ID_TAKEN: {
    exitCode: 1,
    retryable: true,
    message: 'another replica of {host} uses server id {serverId}',
    hint: 'Give this follower a number of its own with --server-id.',
  },
  MYSQL_BACKUP_KIND_MISSING: {
    exitCode: 1,
    retryable: false,
    message: 'there is no {kind} of {source}',
    hint: '{advice}',
  },
  MYSQL_RECOVERY_IN_GAP: {
    exitCode: 1,
    retryable: false,
    message: '{target} lies where the binary log is missing; recoverable are {ranges}',
    hint: 'Choose an instant within one of these ranges; `holdfast coverage` shows them.',
  },
  MYSQL_LOG_INSEPARABLE: {
    exitCode: 1,
    retryable: false,
    message:
      'the log cannot be replayed for database {database} alone: it holds a statement that cannot be told apart by its database: {statement}',
    hint: 'Restore all databases to a new server, or its tables with --table, which are taken from a scratch server; --at backup replays no log. Nothing was changed.',
  },
  MYSQL_PLACE_UNKNOWN: {
    exitCode: 1,
    retryable: false,
    message: '{target} is not in the binary log that can be replayed on a backup: {log}',
    hint: 'Look for it with mariadb-binlog or mysqlbinlog in these files; `holdfast coverage` shows which times are covered.',
  },
  // --- MySQL and MariaDB: physical backups and servers of our own
  MYSQL_PHYSICAL_FAILED: {
    exitCode: 1,
    retryable: true,
    message: '{program} made no whole backup of {host}: {reason}',
    hint: 'Correct what the message names. It must run where the data directory is, as a user who may read it, and be of the version of the server.',
  },
  MYSQL_BINARIES_MISSING: {
    exitCode: 1,
    retryable: false,
    message: 'there is no {program} on this machine to start a scratch server with',
    hint: "Install the server (Debian's packages are mariadb-server and mysql-server; it need not be started), or name its directory with --mysql-bin.",
  },
  MYSQL_START_FAILED: {
    exitCode: 1,
    retryable: false,
    message: 'the server on {directory} did not come up: {reason}',
    hint: 'Read the server log that the message quotes; a scratch server needs space in the directory of --sandbox.',
  },
  // --- MySQL and MariaDB: migration
  MYSQL_MIGRATION_IMPOSSIBLE: {
    exitCode: 1,
    retryable: false,
    message: 'this migration is not possible: {reason}',
    hint: '{advice} Nothing was changed.',
  },
  PGLOADER_MISSING: {
    exitCode: 1,
    retryable: false,
    message: 'there is no pgloader on this machine, which moves MySQL to PostgreSQL',
    hint: 'Install it (apt install pgloader), or name its directory with --mysql-bin.',
  },
  PGLOADER_FAILED: {
    exitCode: 1,
    retryable: false,
    message: 'pgloader did not move {database}: {reason}',
    hint: 'Drop the schema that it began, correct the cause, then run it again. pgloader logs in to MySQL by mysql_native_password only: give it an account of that kind.',
  },
} as const satisfies Record<string, ErrorDefinition>
