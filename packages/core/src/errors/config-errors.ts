import type { ErrorDefinition } from './error-definition.ts'

/** The configuration file, and the secrets it refers to. */
export const configErrors = {
  CONFIG_NOT_FOUND: {
    exitCode: 1,
    retryable: false,
    message: 'there is no configuration: {tried}',
    hint: 'Name the file by --config or HOLDFAST_CONFIG, or let `holdfast setup` write one.',
  },
  CONFIG_UNREADABLE: {
    exitCode: 1,
    retryable: false,
    message: 'the configuration {file} cannot be read: {reason}',
    hint: 'Check the path and its permissions.',
  },
  /** `problems`: one block, each problem with its place */
  CONFIG_INVALID: {
    exitCode: 1,
    retryable: false,
    message: 'the configuration {file} has {count}:\n{problems}',
    hint: 'Correct these lines; `holdfast config check` looks at the file again.',
  },
  CONFIG_UNWRITABLE: {
    exitCode: 1,
    retryable: false,
    message: '{file} cannot be written: {reason}',
    hint: 'Choose another place by --output, or run as a user who may write there.',
  },
  CONFIG_PATH_UNKNOWN: {
    exitCode: 1,
    retryable: false,
    message: 'the configuration has no value {path}',
    hint: '{suggestion}',
  },
  CONFIG_EXISTS: {
    exitCode: 1,
    retryable: false,
    message: '{file} exists already',
    hint: 'Write to another file by --output, and compare; an existing configuration is never overwritten.',
  },
  SECRET_MISSING: {
    exitCode: 1,
    retryable: false,
    message: 'the secret from {origin} is not there: {reason}',
    hint: 'Set the variable, write the file, or correct the command; `holdfast config check --secrets` tries all of them.',
  },
  SECRET_COMMAND_FAILED: {
    exitCode: 1,
    retryable: true,
    message: 'the secret from {origin} could not be had: {reason}',
    hint: 'Run the command by hand as the user Holdfast runs as: it must print the secret and exit with 0.',
  },
} as const satisfies Record<string, ErrorDefinition>
