import type { ErrorDefinition } from './error-definition.ts'

/** What goes wrong with operations on configured sources and repositories. */
export const operationErrors = {
  SOURCE_PATHS_EMPTY: {
    exitCode: 1,
    retryable: false,
    message: 'there is not one file in {paths}',
    hint: 'Check that the volume is mounted and may be read. No snapshot was made.',
  },
  SOURCE_UNKNOWN: {
    exitCode: 1,
    retryable: false,
    message: 'there is no {kind} {name} in the configuration',
    hint: '{suggestion}',
  },
  OPERATION_UNSUITABLE: {
    exitCode: 1,
    retryable: false,
    message: 'cannot {operation} {subject}: {reason}',
    hint: 'Run `holdfast run --help` for what can be done with what.',
  },
  SOURCE_WITHOUT_SNAPSHOT: {
    exitCode: 1,
    retryable: false,
    message: 'there is no snapshot of {source} in {repository}',
    hint: 'Make one with `holdfast run backup {source}`.',
  },
  COPY_INCOMPLETE: {
    exitCode: 1,
    retryable: true,
    message: 'not everything of {source} was copied from {from} to {to}: {reason}',
    hint: 'Check the repository that is copied from with `holdfast run check`.',
  },
  PROOF_FAILED: {
    exitCode: 1,
    retryable: false,
    message: '{source} was restored, but failed its proof: {evidence}',
    hint: 'Prove an older snapshot, and check the repository with `holdfast check --read-data`.',
  },
  REPOSITORY_CHECK_FAILED: {
    exitCode: 1,
    retryable: false,
    message: 'the check of repository {repository} found {count} errors, such as {example}',
    hint: 'See all of them with `holdfast check`; damaged packs are healed by `holdfast repair packs --from` a sound copy.',
  },
  RUN_UNKNOWN: {
    exitCode: 1,
    retryable: false,
    message: 'there is no run {id}',
    hint: 'List runs with `holdfast runs`.',
  },
  RUN_ENDED: {
    exitCode: 1,
    retryable: false,
    message: 'run {id} has ended already: {state}',
    hint: 'See how with `holdfast runs show {id}`.',
  },
  RUN_PROCESS_DIED: {
    exitCode: 1,
    retryable: true,
    message: 'the process that did the run ended before it: {outcome}',
    hint: 'Look for it in the log of the system; out of memory is the usual reason.',
  },
  SERVER_ADDRESS_UNUSABLE: {
    exitCode: 1,
    retryable: false,
    message: 'cannot listen on {address}: {reason}',
    hint: 'Choose another address with server.listen, or end the process that has it.',
  },
} as const satisfies Record<string, ErrorDefinition>
