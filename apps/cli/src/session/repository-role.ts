/** Which repository is meant where a command works on two. */
export type RepositoryRole = 'main' | 'source'

/** How options and variables of a role are called: --repo and HOLDFAST_REPOSITORY, or --from-repo and HOLDFAST_FROM_REPOSITORY. */
export const roleNames = {
  main: { role: 'repository', optionPrefix: '--', variableInfix: '' },
  source: { role: 'source repository', optionPrefix: '--from-', variableInfix: 'FROM_' },
} as const satisfies Record<RepositoryRole, { role: string; optionPrefix: string; variableInfix: string }>

/** What was given on the command line about one repository. */
export interface RepositoryOptions {
  readonly repo: string | undefined
  readonly repositoryFile: string | undefined
  readonly passwordFile: string | undefined
  readonly passwordCommand: string | undefined
  readonly insecureNoPassword: boolean
  readonly keyHint: string | undefined
}
