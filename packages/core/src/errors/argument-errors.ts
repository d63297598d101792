import type { ErrorDefinition } from './error-definition.ts'

/** What is typed or set wrongly. */
export const argumentErrors = {
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
} as const satisfies Record<string, ErrorDefinition>
