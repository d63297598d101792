import type { ErrorDefinition } from './error-definition.ts'

/** Repositories, backups and restores of any source, retention, logs. */
export const repositoryErrors = {
  // --- repository
  REPOSITORY_MISSING: {
    exitCode: 10,
    retryable: false,
    message: 'there is no repository at {location}',
    hint: 'Check the location, or create one with `holdfast init` (`holdfast init --configured` for those of a configuration).',
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
  RESTORE_ARCHIVED: {
    exitCode: 1,
    retryable: false,
    message: 'what is needed is archived at {location}: {archived}',
    hint: 'Bring it back with `holdfast restore … --request-archived`: it takes up to {standard} h, with --archive-tier bulk up to {bulk} h. Then run the command again. Another repository may hold a copy that can be read at once.',
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
    hint: 'Choose another directory, or make this one writable and large enough. Nothing was overwritten.',
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
    hint: 'Choose an empty directory, or say what to do with existing files: --overwrite always|if-changed|if-newer|never, for a source --delta.',
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
  // --- continuous logs
  LOG_STORE_FAILING: {
    exitCode: 1,
    retryable: true,
    message: 'the log of {source} cannot be stored in {location}: {reason}',
    hint: 'See to the repository; it is tried again by itself. Until then the database keeps what is not stored, which takes space on its disk.',
  },
  WAL_SPOOL_UNUSABLE: {
    exitCode: 1,
    retryable: false,
    message: 'cannot use {directory} for what one call leaves for the next: {reason}',
    hint: 'Run as the user of the database server, or give --spool a directory that only this user can write to.',
  },
  LOG_STORE_BEHIND: {
    exitCode: 1,
    retryable: true,
    message: '{location} is left behind with the log of {source}, which goes on in the other repositories: {reason}',
    hint: 'See to the repository; what it lacks is brought from another one when it can be written again.',
  },
} as const satisfies Record<string, ErrorDefinition>
