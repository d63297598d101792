/**
 * Every error a user can meet, defined once: a stable code, the exit code of the CLI (restic's numbers), whether a
 * later attempt can succeed without anyone acting, a message and a hint. Placeholders in braces are filled from the
 * error's details; a missing one is a compile error. Messages are lower case without a full stop and name the object;
 * hints are imperative and name a command or a setting.
 */
export interface ErrorDefinition {
  /** 1 fatal, 3 partial, 10 no repository, 11 locked, 12 wrong password, 130 interrupted */
  readonly exitCode: number
  readonly retryable: boolean
  readonly message: string
  readonly hint: string
}

export const errorCatalogue = {
  // --- arguments and environment
  ARGUMENT_INVALID: {
    exitCode: 1,
    retryable: false,
    message: 'invalid value {value} for {name}: {reason}',
    hint: 'Correct {name}; `holdfast help` shows the accepted forms.',
  },
  COMMAND_UNKNOWN: {
    exitCode: 1,
    retryable: false,
    message: 'there is no command {command}',
    hint: '{suggestion}',
  },
  OPTION_UNKNOWN: {
    exitCode: 1,
    retryable: false,
    message: 'unknown option {option}',
    hint: '{suggestion}',
  },
  OPTION_VALUE_MISSING: {
    exitCode: 1,
    retryable: false,
    message: 'option {option} needs a value: {placeholder}',
    hint: 'Give the value after the option, as in {option} {placeholder}.',
  },
  OPTIONS_CONFLICT: {
    exitCode: 1,
    retryable: false,
    message: '{first} and {second} cannot be used together',
    hint: 'Leave one of them out.',
  },
  ARGUMENT_MISSING: {
    exitCode: 1,
    retryable: false,
    message: '{command} needs {argument}',
    hint: 'Run `holdfast {command} --help` for an example.',
  },
  ARGUMENT_UNEXPECTED: {
    exitCode: 1,
    retryable: false,
    message: '{command} does not take the argument {argument}',
    hint: 'Run `holdfast {command} --help` for an example; an argument that starts with a dash goes after --.',
  },
  REPOSITORY_NOT_NAMED: {
    exitCode: 1,
    retryable: false,
    message: 'no {role} was named',
    hint: 'Give {option}, or set {variable}.',
  },
  PASSWORD_MISSING: {
    exitCode: 1,
    retryable: false,
    message: 'no password for repository {repository}',
    hint: 'Set {variable}_FILE, {variable}_COMMAND or {variable}, or run on a terminal to be asked.',
  },
  NEW_PASSWORD_MISSING: {
    exitCode: 1,
    retryable: false,
    message: 'no new password was given',
    hint: 'Give --new-password-file, or run on a terminal to be asked.',
  },
  PASSWORD_UNREADABLE: {
    exitCode: 1,
    retryable: false,
    message: 'cannot obtain the password from {origin}: {reason}',
    hint: 'Check that the file exists and is readable, or that the command prints the password and exits with 0.',
  },
  PASSWORD_IN_ARGUMENTS: {
    exitCode: 1,
    retryable: false,
    message: 'the connection text holds a password, which every user of this machine could read',
    hint: 'Leave it out, and set PGPASSWORD, or put it into ~/.pgpass or a service file.',
  },
  INTERRUPTED: {
    exitCode: 130,
    retryable: true,
    message: 'interrupted',
    hint: 'Run the same command again: what was stored already is used.',
  },
  // --- storage
  STORAGE_LOCATION_INVALID: {
    exitCode: 1,
    retryable: false,
    message: 'repository location {location} is not understood: {reason}',
    hint: 'Use a path, s3:https://host/bucket/prefix or rest:https://host/path/.',
  },
  STORAGE_FILE_MISSING: {
    exitCode: 1,
    retryable: false,
    message: '{file} does not exist in {location}',
    hint: 'Run `holdfast check`; if it reports damage, `holdfast repair index` and `holdfast repair snapshots` salvage what is left.',
  },
  STORAGE_FILE_EXISTS: {
    exitCode: 1,
    retryable: false,
    message: '{file} already exists in {location}',
    hint: 'Files of a repository are never overwritten; check that no other tool writes to this place.',
  },
  STORAGE_FULL: {
    exitCode: 1,
    retryable: false,
    message: 'no space left at {location} while writing {file}',
    hint: 'Free space or raise the quota, then run the command again; `holdfast prune --max-repack-size 0` frees space without needing any.',
  },
  STORAGE_DENIED: {
    exitCode: 1,
    retryable: false,
    message: '{location} refuses to {action} {file}: {reason}',
    hint: 'Check credentials and permissions, and whether the storage is read-only or append-only.',
  },
  STORAGE_UNREACHABLE: {
    exitCode: 1,
    retryable: true,
    message: 'cannot {action} {file} at {location}: {reason}',
    hint: 'Check the network, the address and that the disk is mounted, then run the command again.',
  },
  STORAGE_DAMAGED: {
    exitCode: 1,
    retryable: true,
    message: '{file} in {location} was read incomplete or altered: {reason}',
    hint: 'Run `holdfast check --read-data` to see what is damaged.',
  },
  // --- repository
  REPOSITORY_MISSING: {
    exitCode: 10,
    retryable: false,
    message: 'there is no repository at {location}',
    hint: 'Check the location, or create one with `holdfast init`.',
  },
  REPOSITORY_EXISTS: {
    exitCode: 1,
    retryable: false,
    message: '{location} already holds a repository ({found})',
    hint: 'Choose an empty place; an existing repository is never overwritten.',
  },
  REPOSITORY_VERSION_UNSUPPORTED: {
    exitCode: 1,
    retryable: false,
    message: 'the repository at {location} has format version {version}; versions 1 and 2 are supported',
    hint: 'Use a newer Holdfast.',
  },
  REPOSITORY_PASSWORD_WRONG: {
    exitCode: 12,
    retryable: false,
    message: 'wrong password for {location}: none of its {keys} keys opens',
    hint: 'Check HOLDFAST_PASSWORD_FILE / HOLDFAST_PASSWORD, and that the location is the one you mean.',
  },
  REPOSITORY_LOCKED: {
    exitCode: 11,
    retryable: true,
    message: '{location} is locked {mode} by process {pid} of {username} on {hostname} since {since}',
    hint: 'Wait, use --retry-lock 10m, or if that process is gone run `holdfast unlock`.',
  },
  REPOSITORY_LOCK_LOST: {
    exitCode: 11,
    retryable: true,
    message: 'the lock on {location} was lost: {reason}',
    hint: 'Nothing more was written. Run the command again.',
  },
  REPOSITORY_DAMAGED: {
    exitCode: 1,
    retryable: false,
    message: '{object} is damaged: {reason}',
    hint: 'Run `holdfast check --read-data`, then `holdfast repair`; a second repository can heal it with `holdfast repair packs --from`.',
  },
  REPOSITORY_POLYNOMIAL_DIFFERS: {
    exitCode: 1,
    retryable: false,
    message: '{first} and {second} cut chunks differently, so one reading of the source cannot fill both',
    hint: 'Create the second one with `holdfast init --from-repo … --copy-chunker-params`, or fill it with `holdfast copy`.',
  },
  KEY_IN_USE: {
    exitCode: 1,
    retryable: false,
    message: 'key {key} is the one in use and cannot be removed',
    hint: 'Open the repository with another password to remove this key.',
  },
  KEY_UNKNOWN: {
    exitCode: 1,
    retryable: false,
    message: 'no key matches {prefix}',
    hint: 'List the keys with `holdfast key list`.',
  },
  KEY_AMBIGUOUS: {
    exitCode: 1,
    retryable: false,
    message: '{prefix} matches {count} keys',
    hint: 'Give more characters of the id; `holdfast key list` shows them.',
  },
  SNAPSHOT_UNKNOWN: {
    exitCode: 1,
    retryable: false,
    message: 'no snapshot matches {snapshot}',
    hint: 'List them with `holdfast snapshots`.',
  },
  SNAPSHOT_AMBIGUOUS: {
    exitCode: 1,
    retryable: false,
    message: '{prefix} matches {count} snapshots',
    hint: 'Give more characters of the id; `holdfast snapshots` shows them.',
  },
  OBJECT_UNKNOWN: {
    exitCode: 1,
    retryable: false,
    message: 'there is no {type} {id}',
    hint: 'Check the id, and that it belongs to this repository.',
  },
  OBJECT_AMBIGUOUS: {
    exitCode: 1,
    retryable: false,
    message: '{id} matches {count} files of type {type}',
    hint: 'Give more characters of the id.',
  },
  PATH_UNKNOWN: {
    exitCode: 1,
    retryable: false,
    message: '{path} is not in snapshot {snapshot}',
    hint: 'Look with `holdfast ls {snapshot}`.',
  },
  // --- backup
  SOURCE_MISSING: {
    exitCode: 1,
    retryable: false,
    message: 'none of the paths to back up exists: {paths}',
    hint: 'Check the spelling and that the disk is mounted. No snapshot was made.',
  },
  SOURCE_EMPTY: {
    exitCode: 1,
    retryable: false,
    message: 'nothing came from {origin}',
    hint: 'Check the program before the pipe. No snapshot was made.',
  },
  SOURCE_COMMAND_FAILED: {
    exitCode: 1,
    retryable: false,
    message: 'the command {command} {outcome}',
    hint: 'Run it by hand to see why. No snapshot was made.',
  },
  SOURCE_FILE_UNREADABLE: {
    exitCode: 1,
    retryable: false,
    message: 'cannot read {path}: {reason}',
    hint: 'Check its permissions and the disk it lies on. No snapshot was made: this backup is worth nothing without it.',
  },
  SOURCE_ENTRY_REFUSED: {
    exitCode: 1,
    retryable: false,
    message: 'the source offers {path}, which cannot be kept: {reason}',
    hint: 'Find out what has this name at the source; if nothing has, do not trust the source. No snapshot was made.',
  },
  ENGINE_READBACK_FAILED: {
    exitCode: 1,
    retryable: false,
    message: 'blob {blob} does not read back as it was written: {reason}',
    hint: 'This machine computes or remembers wrongly: test its memory. Nothing of this run counts as a backup.',
  },
  // --- restore
  TARGET_UNUSABLE: {
    exitCode: 1,
    retryable: false,
    message: 'cannot restore to {target}: {reason}',
    hint: 'Choose another --target, or make this one writable and large enough. Nothing was overwritten.',
  },
  TARGET_FULL: {
    exitCode: 1,
    retryable: false,
    message: 'no space left while restoring {target}: {reason}',
    hint: 'Free space, then run the same restore again: what is there already is kept.',
  },
  TARGET_DIFFERS: {
    exitCode: 1,
    retryable: false,
    message: '{file} is not what was restored: {reason}',
    hint: 'Something else writes there, or the disk does not keep what it is given: check both, then restore again.',
  },
  TARGET_NOT_EMPTY: {
    exitCode: 1,
    retryable: false,
    message: 'the target {target} is not empty',
    hint: 'Choose an empty directory, or say what to do with existing files: --overwrite always|if-changed|if-newer|never.',
  },
  // --- retention
  POLICY_EMPTY: {
    exitCode: 1,
    retryable: false,
    message: 'no policy was given, so every selected snapshot would be removed',
    hint: 'Give at least one --keep-… option, or name snapshots, or pass --unsafe-allow-remove-all with a filter.',
  },
  POLICY_REMOVES_ALL: {
    exitCode: 1,
    retryable: false,
    message: 'the policy would remove every snapshot of {group}',
    hint: 'Loosen the policy, or name the snapshots to remove. Nothing was removed.',
  },
  PLAN_STALE: {
    exitCode: 1,
    retryable: true,
    message: 'the repository has changed since the plan {plan} was made',
    hint: 'Make the plan again.',
  },
  // --- restoring PostgreSQL
  POSTGRES_START_FAILED: {
    exitCode: 1,
    retryable: false,
    message: 'the server on {directory} ended with {status}: {reason}',
    hint: 'Read the server log named in the message; what was restored is kept for a look.',
  },
  POSTGRES_BINARIES_MISSING: {
    exitCode: 1,
    retryable: false,
    message: 'there is no PostgreSQL {major} server on this machine to start the restored cluster with',
    hint: "Install it (Debian's package is postgresql-{major}), or name its directory with --postgres-bin.",
  },
  RESTORE_INCOMPLETE: {
    exitCode: 1,
    retryable: false,
    message: 'what was restored to {target} is not whole: {missing} is missing',
    hint: 'Do not start a server on it. Run `holdfast check`, then restore again or from another copy.',
  },
  RESTORE_TARGET_IN_USE: {
    exitCode: 1,
    retryable: false,
    message: 'a running server (process {pid}) uses {target}',
    hint: 'Restore beside it with --to another directory, or stop that server first.',
  },
  SOURCE_NOT_IN_REPOSITORY: {
    exitCode: 1,
    retryable: false,
    message: 'there is no backup of {source} in {location}',
    hint: 'Known sources: {known}. `holdfast snapshots` lists every snapshot.',
  },
  // --- PostgreSQL
  POSTGRES_TARGET_INVALID: {
    exitCode: 1,
    retryable: false,
    message: 'the PostgreSQL connection is not understood: {reason}',
    hint: 'Give postgresql://user@host:5432/database or key=value pairs as psql takes them; {advice}.',
  },
  POSTGRES_UNREACHABLE: {
    exitCode: 1,
    retryable: true,
    message: 'cannot reach PostgreSQL at {host}: {reason}',
    hint: 'Check that the server runs, host and port, listen_addresses in postgresql.conf, and firewalls in between.',
  },
  POSTGRES_NO_SUITABLE_HOST: {
    exitCode: 1,
    retryable: true,
    message: 'none of the servers {hosts} is {wanted}: {reason}',
    hint: 'Check which server is the primary, or choose another target_session_attrs.',
  },
  POSTGRES_TLS_REFUSED: {
    exitCode: 1,
    retryable: false,
    message: '{host} offers no TLS, which sslmode={mode} demands',
    hint: 'Set ssl = on with ssl_cert_file and ssl_key_file in postgresql.conf, or use sslmode=prefer where the network itself is trusted.',
  },
  POSTGRES_TLS_UNTRUSTED: {
    exitCode: 1,
    retryable: false,
    message: 'the certificate of {host} is not trusted: {reason}',
    hint: 'Name the authority that signed it with sslrootcert=<file>, and the host as the certificate names it; nothing was sent to the server.',
  },
  POSTGRES_TLS_FAILED: {
    exitCode: 1,
    retryable: false,
    message: 'no TLS connection to {host} comes about: {reason}',
    hint: 'Check the TLS versions on both sides, and sslcert and sslkey where the server asks for a client certificate.',
  },
  POSTGRES_TLS_FILE_UNUSABLE: {
    exitCode: 1,
    retryable: false,
    message: 'cannot use {file} for {setting}: {reason}',
    hint: 'Correct {setting}; a private key must be readable by its owner only (chmod 600).',
  },
  POSTGRES_PASSWORD_MISSING: {
    exitCode: 1,
    retryable: false,
    message: '{host} asks for the password of {user}, and none was given',
    hint: 'Put the line {passwordLine} into ~/.pgpass (chmod 600), or set PGPASSWORD.',
  },
  POSTGRES_PASSWORD_WRONG: {
    exitCode: 1,
    retryable: false,
    message: '{host} does not accept the password of {user}',
    hint: 'Check the password in ~/.pgpass, PGPASSWORD or the service file; the server also says this when the role does not exist, has no password, or its password has expired.',
  },
  POSTGRES_AUTHENTICATION_UNSUPPORTED: {
    exitCode: 1,
    retryable: false,
    message: '{host} asks for {method} authentication of {user}, which is not possible here: {reason}',
    hint: 'Use scram-sha-256 or cert in the line of pg_hba.conf that lets this machine in.',
  },
  POSTGRES_SERVER_NOT_GENUINE: {
    exitCode: 1,
    retryable: false,
    message: '{host} cannot prove that it is the server that knows the password: {reason}',
    hint: 'Something may stand between this machine and the server. Connect with sslmode=verify-full and find out before you send anything.',
  },
  POSTGRES_NOT_ADMITTED: {
    exitCode: 1,
    retryable: false,
    message: 'pg_hba.conf of {host} does not let {user} in: {reason}',
    hint: 'Add the line "{hbaLine}" to pg_hba.conf on the server, above any line that refuses, then run SELECT pg_reload_conf();{advice}',
  },
  POSTGRES_LOGIN_REFUSED: {
    exitCode: 1,
    retryable: false,
    message: '{host} does not let {user} log in: {reason}',
    hint: '{advice}',
  },
  POSTGRES_DATABASE_UNKNOWN: {
    exitCode: 1,
    retryable: false,
    message: 'there is no database {database} on {host}',
    hint: 'Check the name; `psql -l` lists the databases.',
  },
  POSTGRES_CONNECTIONS_EXHAUSTED: {
    exitCode: 1,
    retryable: true,
    message: '{host} takes no more connections: {reason}',
    hint: 'Close idle sessions, raise max_connections, or put a pooler before the applications (not before backups).',
  },
  POSTGRES_WAL_SENDERS_EXHAUSTED: {
    exitCode: 1,
    retryable: true,
    message: '{host} has no free WAL sender: {reason}',
    hint: 'Raise max_wal_senders in postgresql.conf and restart the server; a physical backup needs 2, following the log 1 more. pg_stat_replication shows who holds them.',
  },
  POSTGRES_SLOTS_EXHAUSTED: {
    exitCode: 1,
    retryable: false,
    message: '{host} has no free replication slot: {reason}',
    hint: 'Raise max_replication_slots in postgresql.conf and restart the server, or drop a slot nobody uses: SELECT slot_name, active FROM pg_replication_slots.',
  },
  POSTGRES_PRIVILEGE_MISSING: {
    exitCode: 1,
    retryable: false,
    message: '{user} may not do this on {host}: {reason}',
    hint: '{advice}',
  },
  POSTGRES_VERSION_UNSUPPORTED: {
    exitCode: 1,
    retryable: false,
    message: '{host} runs PostgreSQL {version}; 13 and newer are supported',
    hint: 'Upgrade the server; until then back it up with the pg_dump of its version through `holdfast backup --stdin-from-command`.',
  },
  POSTGRES_STARTING: {
    exitCode: 1,
    retryable: true,
    message: '{host} is not ready yet: {reason}',
    hint: 'Wait until the server has started or recovered; its log says how far it is.',
  },
  POSTGRES_SHUT_DOWN: {
    exitCode: 1,
    retryable: true,
    message: '{host} ended the session: {reason}',
    hint: 'Start the server again if it is down; its log says who stopped it.',
  },
  POSTGRES_CONNECTION_LOST: {
    exitCode: 1,
    retryable: true,
    message: 'the connection to {host} broke: {reason}',
    hint: 'Check the network and the log of the server, then run the command again.',
  },
  POSTGRES_PROTOCOL_VIOLATED: {
    exitCode: 1,
    retryable: false,
    message: 'what {host} sends is not what PostgreSQL sends: {reason}',
    hint: 'Check that host and port are those of a PostgreSQL server, and that no proxy in between alters the connection.',
  },
  POSTGRES_QUERY_FAILED: {
    exitCode: 1,
    retryable: false,
    message: '{host} refuses {statement}: {reason} (SQLSTATE {sqlState})',
    hint: '{advice}',
  },
  // --- WAL and recovery of PostgreSQL
  POSTGRES_WAL_UNREADABLE: {
    exitCode: 1,
    retryable: false,
    message: '{file} is not readable as WAL: {reason}',
    hint: 'Look where it came from. If the server wrote it so, its disk or memory is at fault: make a new base backup.',
  },
  POSTGRES_OTHER_CLUSTER: {
    exitCode: 1,
    retryable: false,
    message: '{what} belongs to the cluster {found}, not to {expected}',
    hint: 'One source holds one cluster: give this one a --source name of its own, or correct the connection.',
  },
  POSTGRES_SLOT_UNUSABLE: {
    exitCode: 1,
    retryable: false,
    message: 'the replication slot {slot} on {host} cannot be used: {reason}',
    hint: 'Choose another name with --slot, or drop that slot if nothing needs it.',
  },
  POSTGRES_SERVER_BEHIND: {
    exitCode: 1,
    retryable: true,
    message: 'the server does not have what the log ends with: {reason}',
    hint: 'Connect to the newest primary: name every host of the cluster in the connection. If this cluster was put back to an older state, follow it as a new source.',
  },
  RECOVERY_NO_BASE: {
    exitCode: 1,
    retryable: false,
    message: 'there is no base backup that {target} could be recovered from',
    hint: 'Make one with `holdfast backup`; recoverable is what comes after a base backup.',
  },
  RECOVERY_BEFORE_OLDEST: {
    exitCode: 1,
    retryable: false,
    message: '{target} lies before the oldest recoverable point; recoverable is {from} to {until}',
    hint: 'Choose a point within that range; `holdfast coverage` shows it.',
  },
  RECOVERY_AFTER_NEWEST: {
    exitCode: 1,
    retryable: false,
    message: '{target} lies after the newest recoverable point; recoverable is {from} to {until}',
    hint: 'Choose a point within that range, or recover to the latest one; `holdfast coverage` shows it.',
  },
  RECOVERY_IN_GAP: {
    exitCode: 1,
    retryable: false,
    message: '{target} lies where WAL is missing, after {from} and before {until}',
    hint: 'Choose an instant up to {from} or from {until} on; `holdfast coverage` shows the gaps.',
  },
  RECOVERY_TIMELINE_UNKNOWN: {
    exitCode: 1,
    retryable: false,
    message: '{target} cannot be reached on timeline {timeline}: {reason}',
    hint: 'Recoverable timelines: {timelines}. Choose one with --timeline.',
  },
  RECOVERY_POINT_UNKNOWN: {
    exitCode: 1,
    retryable: false,
    message: '{target} is not in the recoverable WAL',
    hint: 'Check the spelling; known restore points: {known}.',
  },
  // --- PostgreSQL: base backups
  BACKUP_MANIFEST_INVALID: {
    exitCode: 1,
    retryable: false,
    message: '{file} is not a manifest that can be relied on: {reason}',
    hint: 'Use a newer Holdfast if a newer one made this backup; otherwise check the repository with `holdfast check --read-data`, or take another snapshot.',
  },
  POSTGRES_BACKUP_INCOMPLETE: {
    exitCode: 1,
    retryable: true,
    message: 'the backup of {host} is not whole: {reason}',
    hint: 'Run it again; no snapshot was made. If it happens again, the log of the server says why.',
  },
  POSTGRES_DATA_DIRECTORY_WRONG: {
    exitCode: 1,
    retryable: false,
    message: '{directory} is not the data directory of {host}: {reason}',
    hint: 'Give the place where this machine sees the data directory (SHOW data_directory names it on the server), or use the wire method.',
  },
  POSTGRES_DATA_UNREADABLE: {
    exitCode: 1,
    retryable: false,
    message: 'cannot read {path}: {reason}',
    hint: 'Run as the user who owns the data directory or as root, or use the wire method.',
  },
  POSTGRES_WAL_LEVEL_MINIMAL: {
    exitCode: 1,
    retryable: false,
    message: 'wal_level is minimal on {host}, so no base backup can be taken',
    hint: 'Set wal_level = replica in postgresql.conf and restart the server; meanwhile a logical backup is possible.',
  },
  // --- continuous logs
  LOG_STORE_FAILING: {
    exitCode: 1,
    retryable: true,
    message: 'the log of {source} cannot be stored in {location}: {reason}',
    hint: 'See to the repository; it is tried again by itself. Until then the database keeps what is not stored, which takes space on its disk.',
  },
  LOG_STORE_BEHIND: {
    exitCode: 1,
    retryable: true,
    message: '{location} is left behind with the log of {source}, which goes on in the other repositories: {reason}',
    hint: 'See to the repository; what it lacks is brought from another one when it can be written again.',
  },
} as const satisfies Record<string, ErrorDefinition>

export type ErrorCode = keyof typeof errorCatalogue
