import { flag, type OptionValues, single } from '../argument/option.ts'
import type { RepositoryOptions } from './repository-role.ts'

/** The options that name a second repository. */
export const sourceOptions = {
  fromRepo: single({
    placeholder: '<location>',
    help: 'Repository to copy from.',
    fallback: '$HOLDFAST_FROM_REPOSITORY',
  }),
  fromRepositoryFile: single({
    placeholder: '<file>',
    help: 'Read the location of the source repository from a file.',
    fallback: '$HOLDFAST_FROM_REPOSITORY_FILE',
    completes: 'file',
  }),
  fromPasswordFile: single({
    placeholder: '<file>',
    help: 'Read the password of the source repository from a file.',
    fallback: '$HOLDFAST_FROM_PASSWORD_FILE',
    completes: 'file',
  }),
  fromPasswordCommand: single({
    placeholder: '<command>',
    help: 'Command that prints the password of the source repository.',
    fallback: '$HOLDFAST_FROM_PASSWORD_COMMAND',
  }),
  fromInsecureNoPassword: flag({ help: 'The source repository has an empty password (insecure).' }),
  fromKeyHint: single({ placeholder: '<id>', help: 'Try this key of the source first.', variable: 'FROM_KEY_HINT' }),
}

export function sourceRepositoryOptions(given: OptionValues<typeof sourceOptions>): RepositoryOptions {
  return {
    repo: given.fromRepo,
    repositoryFile: given.fromRepositoryFile,
    passwordFile: given.fromPasswordFile,
    passwordCommand: given.fromPasswordCommand,
    insecureNoPassword: given.fromInsecureNoPassword,
    keyHint: given.fromKeyHint,
  }
}
