import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Variables } from '../argument/option.ts'
import type { AskPassword } from './ask-password.ts'
import { variableFamilies } from './environment-variable.ts'
import { type RepositoryOptions, type RepositoryRole, roleNames } from './repository-role.ts'
import { splitWords } from './split-words.ts'

export interface PasswordRequest {
  readonly options: Pick<RepositoryOptions, 'passwordFile' | 'passwordCommand' | 'insecureNoPassword'>
  readonly role: RepositoryRole
  /** the repository, for the question and for errors */
  readonly location: string
  readonly variables: Variables
  /** undefined when nobody can be asked */
  readonly ask: AskPassword | undefined
  /** ask twice, since a slip could not be noticed */
  readonly confirm?: boolean
}

/**
 * The password of a repository: from a file, a command or a variable, else from the terminal; never from an argument, which
 * every user of the machine could see. Fails with PASSWORD_MISSING, PASSWORD_UNREADABLE, OPTIONS_CONFLICT.
 */
export async function findPassword(request: PasswordRequest, ctx: Context): Promise<string> {
  const { options, location } = request
  const given = await givenPassword(request, ctx)
  if (options.insecureNoPassword) {
    if (given === undefined) return ''
    const second = `${roleNames[request.role].optionPrefix}insecure-no-password`
    throw new AppError('OPTIONS_CONFLICT', { first: given.origin, second })
  }
  const password = given?.password ?? (await askForPassword(request, ctx))
  if (password !== undefined && password !== '') return password
  if (given === undefined) {
    const variable = `HOLDFAST_${roleNames[request.role].variableInfix}PASSWORD`
    throw new AppError('PASSWORD_MISSING', { repository: location, variable })
  }
  throw new AppError('PASSWORD_UNREADABLE', { origin: given.origin, reason: 'it is empty' })
}

interface GivenPassword {
  readonly password: string
  readonly origin: string
}

async function givenPassword(request: PasswordRequest, ctx: Context): Promise<GivenPassword | undefined> {
  const { options, role, variables } = request
  const { optionPrefix, variableInfix } = roleNames[role]
  const fromOptions = await readSource(
    { name: `${optionPrefix}password-file`, value: options.passwordFile },
    { name: `${optionPrefix}password-command`, value: options.passwordCommand },
    ctx,
  )
  if (fromOptions !== undefined) return fromOptions
  for (const family of variableFamilies) {
    const name = `${family}_${variableInfix}PASSWORD`
    const found = await readSource(
      { name: `${name}_FILE`, value: variables(`${name}_FILE`) },
      { name: `${name}_COMMAND`, value: variables(`${name}_COMMAND`) },
      ctx,
    )
    if (found !== undefined) return found
    const password = variables(name)
    if (password !== undefined && password !== '') return { password, origin: name }
  }
  return undefined
}

interface Setting {
  readonly name: string
  readonly value: string | undefined
}

async function readSource(file: Setting, command: Setting, ctx: Context): Promise<GivenPassword | undefined> {
  const hasFile = file.value !== undefined && file.value !== ''
  const hasCommand = command.value !== undefined && command.value !== ''
  if (hasFile && hasCommand) throw new AppError('OPTIONS_CONFLICT', { first: file.name, second: command.name })
  if (hasFile) return { password: await readPasswordFile(file.value, file.name), origin: `${file.name} ${file.value}` }
  if (hasCommand) return { password: await runPasswordCommand(command.value, command.name, ctx), origin: command.name }
  return undefined
}

/** The content of a password file, without the white space around it. */
export async function readPasswordFile(path: string, origin: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).replace(/^\uFEFF/, '').trim()
  } catch (error) {
    throw unreadable(`${origin} ${path}`, error)
  }
}

async function runPasswordCommand(text: string, origin: string, { signal }: Context): Promise<string> {
  const [program = '', ...rest] = splitWords(text, origin)
  return new Promise((resolve, reject) => {
    const child = execFile(program, rest, { signal, maxBuffer: 1 << 16 }, (error, stdout) => {
      // The output may hold the password and the arguments may hold secrets, so neither is repeated.
      if (error === null) resolve(stdout.trim())
      else reject(unreadable(origin, new Error(commandOutcome(error, program))))
    })
    child.stderr?.pipe(process.stderr, { end: false })
  })
}

function commandOutcome(error: Error & { code?: unknown; signal?: unknown }, program: string): string {
  if (error.code === 'ENOENT') return `there is no program ${program}`
  if (error.code === 'EACCES') return `${program} cannot be executed`
  return typeof error.code === 'number' ? `${program} ended with exit code ${error.code}` : `${program} was stopped`
}

async function askForPassword(request: PasswordRequest, ctx: Context): Promise<string | undefined> {
  const { ask, location, confirm } = request
  if (ask === undefined) return undefined
  const password = await ask(`password for ${location}: `, ctx)
  if (confirm === true && password !== '' && (await ask('the same password again: ', ctx)) !== password) {
    throw new AppError('PASSWORD_UNREADABLE', { origin: 'the terminal', reason: 'the two entries differ' })
  }
  return password
}

function unreadable(origin: string, error: unknown): AppError {
  const reason = error instanceof Error ? error.message : String(error)
  return new AppError('PASSWORD_UNREADABLE', { origin, reason }, { cause: error })
}
