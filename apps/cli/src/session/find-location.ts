import { readFile } from 'node:fs/promises'
import { AppError } from '@holdfast/core/errors/app-error'
import { invalidArgument, type Variables } from '../argument/option.ts'
import { variableFamilies } from './environment-variable.ts'
import { type RepositoryOptions, type RepositoryRole, roleNames } from './repository-role.ts'

/**
 * The location of a repository as its user wrote it: from the options, else HOLDFAST_…, else RESTIC_… variables. Fails with
 * REPOSITORY_NOT_NAMED, OPTIONS_CONFLICT, ARGUMENT_INVALID.
 */
export async function findLocation(
  options: Pick<RepositoryOptions, 'repo' | 'repositoryFile'>,
  role: RepositoryRole,
  variables: Variables,
): Promise<string> {
  const { optionPrefix, variableInfix, role: roleName } = roleNames[role]
  const repoOption = `${optionPrefix}repo`
  const fileOption = `${optionPrefix}repository-file`
  if (options.repo !== undefined && options.repositoryFile !== undefined) {
    throw new AppError('OPTIONS_CONFLICT', { first: repoOption, second: fileOption })
  }
  if (options.repo !== undefined) return options.repo
  if (options.repositoryFile !== undefined) return readLocationFile(options.repositoryFile, fileOption)
  for (const family of variableFamilies) {
    const variable = `${family}_${variableInfix}REPOSITORY`
    const location = variables(variable)
    if (location !== undefined && location !== '') return location
    const file = variables(`${variable}_FILE`)
    if (file !== undefined && file !== '') return readLocationFile(file, `${variable}_FILE`)
  }
  throw new AppError('REPOSITORY_NOT_NAMED', {
    role: roleName,
    option: role === 'main' ? '-r <location>' : `${repoOption} <location>`,
    variable: `HOLDFAST_${variableInfix}REPOSITORY`,
  })
}

async function readLocationFile(path: string, origin: string): Promise<string> {
  try {
    const location = (await readFile(path, 'utf8')).trim()
    if (location !== '') return location
  } catch (error) {
    throw invalidArgument(origin, path, error instanceof Error ? error.message : String(error))
  }
  throw invalidArgument(origin, path, 'the file is empty')
}
