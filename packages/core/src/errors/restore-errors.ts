import type { ErrorDefinition } from './error-definition.ts'

/** What keeps a restore from being done by a server, and a snapshot from being looked into. */
export const restoreErrors = {
  RESTORE_NOT_ALLOWED: {
    exitCode: 1,
    retryable: false,
    message: 'this server restores to no {place}: {setting} does not allow it',
    hint: 'Set {setting} in the configuration, or restore with `holdfast restore` on the machine itself.',
  },
  RESTORE_TARGET_FORBIDDEN: {
    exitCode: 1,
    retryable: false,
    message: 'nothing may be restored to {target}: {reason}',
    hint: 'Choose a directory below one of `server.restoreTo`: {allowed}.',
  },
  RESTORE_UNSUITABLE: {
    exitCode: 1,
    retryable: false,
    message: '{source} cannot be restored so: {reason}',
    hint: '{advice}',
  },
  RESTORE_PLAN_CHANGED: {
    exitCode: 1,
    retryable: false,
    message: 'what a restore of {source} would do is no longer what was planned: {difference}',
    hint: 'Make the plan again, and look at it. Nothing was changed.',
  },
  RESTORE_NOT_CONFIRMED: {
    exitCode: 1,
    retryable: false,
    message: 'restoring {source} to {target} writes over what is there',
    hint: 'Look at the plan, then give {confirmation} as confirmation. Nothing was changed.',
  },
  RESTORE_ADMIN_ONLY: {
    exitCode: 1,
    retryable: false,
    message: 'restoring {source} over what is there is for admins',
    hint: 'Restore to a new directory, or ask an admin. Nothing was changed.',
  },
  RESTORE_TOO_LARGE: {
    exitCode: 1,
    retryable: false,
    message: '{what} takes {needed}, and {limit}',
    hint: 'Ask for more, or restore to where there is more space. Nothing was changed.',
  },
  RESTORE_NOT_WHOLE: {
    exitCode: 1,
    retryable: false,
    message: '{count} items of {source} could not be restored to {target}, such as {example}',
    hint: 'What was restored is there. Check the repository with `holdfast check`, then restore again or from another copy.',
  },
  SNAPSHOT_ENTRY_UNSUITABLE: {
    exitCode: 1,
    retryable: false,
    message: '{path} in snapshot {snapshot} is no {wanted}',
    hint: 'List the directory that it is in.',
  },
  SNAPSHOT_READER_STOPPED: {
    exitCode: 1,
    retryable: true,
    message: 'the process that reads snapshots has ended: {outcome}',
    hint: 'Ask again; the log of the server says more.',
  },
  SNAPSHOT_READER_BUSY: {
    exitCode: 1,
    retryable: true,
    message: '{count} others look into snapshots already',
    hint: 'Ask again in a moment.',
  },
  BACKUP_NAME_TAKEN: {
    exitCode: 1,
    retryable: false,
    message: 'there is a backup of {source} called {name} already',
    hint: 'Choose another name, or remove that one first.',
  },
  BACKUP_NAME_UNKNOWN: {
    exitCode: 1,
    retryable: false,
    message: 'there is no backup of {source} called {name}',
    hint: 'List them with GET /instances/{source}/backups.',
  },
  BACKUP_PROTECTED: {
    exitCode: 1,
    retryable: false,
    message: 'backup {name} of {source} is not removed: {reason}',
    hint: '{advice}',
  },
} as const satisfies Record<string, ErrorDefinition>
