import type { Repository } from '@holdfast/repository/repository'
import { invalidArgument, several } from '../argument/option.ts'
import { openSession, type SessionChoice, type SessionRequest } from './open-session.ts'

/** Options of commands that write to several repositories at once. */
export const alsoRepositoryOptions = {
  alsoRepo: several({
    placeholder: '<location>',
    help: 'Fill this repository too, from the same reading of the source.',
  }),
  alsoPasswordFile: several({
    placeholder: '<file>',
    completes: 'file',
    help: 'Password of the --also-repo of the same position; without it the main password is tried.',
  }),
}

export interface AlsoRepositories {
  readonly alsoRepo: readonly string[]
  readonly alsoPasswordFile: readonly string[]
}

/** Opens the main repository, first, and those of --also-repo. They are closed with the stack. */
export async function openRepositories(
  request: SessionRequest & { readonly options: AlsoRepositories },
  choice: Omit<SessionChoice, 'options' | 'role'>,
  stack: AsyncDisposableStack,
): Promise<readonly Repository[]> {
  const { options, global } = request
  const extra = options.alsoPasswordFile[options.alsoRepo.length]
  if (extra !== undefined) throw invalidArgument('--also-password-file', extra, 'there is no --also-repo for it')
  const main = stack.use(await openSession(request, choice))
  const repositories = [main.repository]
  for (const [position, repo] of options.alsoRepo.entries()) {
    const passwordFile = options.alsoPasswordFile[position] ?? global.passwordFile
    const own = options.alsoPasswordFile[position] === undefined ? {} : { passwordCommand: undefined }
    const other = { ...global, repositoryFile: undefined, repo, passwordFile, ...own, keyHint: undefined }
    repositories.push(stack.use(await openSession(request, { ...choice, options: other })).repository)
  }
  return repositories
}
