import type { ErrorDefinition } from './error-definition.ts'

/** What a store of files answers. */
export const storageErrors = {
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
  STORAGE_ARCHIVED: {
    exitCode: 1,
    retryable: false,
    message: '{file} in {location} is archived in {archiveClass} and cannot be read before it was brought back',
    hint: 'Bring back what a restore needs with `holdfast restore … --request-archived` ({wait}), or the file alone with the tools of the provider, and come again then.',
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
} as const satisfies Record<string, ErrorDefinition>
