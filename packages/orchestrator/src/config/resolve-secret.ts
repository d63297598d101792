import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import type { SecretReference } from '@holdfast/core/config/secret-reference'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { ConfigSurroundings } from './surroundings.ts'

const commandTimeoutMs = 10_000
/** No password is longer; a program that prints more is the wrong one. */
const maxBytes = 64 << 10

/**
 * The secret that a reference leads to, now. One newline at the end of a file or of a command's output does not belong
 * to it. What is found, or what a command prints, is never in an error.
 * @throws AppError SECRET_MISSING, SECRET_COMMAND_FAILED
 */
export async function resolveSecret(
  reference: SecretReference,
  surroundings: Pick<ConfigSurroundings, 'variables'>,
  ctx: Context,
): Promise<string> {
  if ('text' in reference) return reference.text
  const origin = describeSecret(reference)
  if ('env' in reference) return present(surroundings.variables(reference.env), origin, 'it is not set')
  if ('file' in reference) return present(withoutNewline(await readSecretFile(reference.file)), origin, 'it is empty')
  return present(withoutNewline(await runCommand(reference.command, origin, ctx)), origin, 'it printed nothing')
}

/** For people: where it is taken from, never what it is. */
function describeSecret(reference: SecretReference): string {
  if ('env' in reference) return `the variable ${reference.env}`
  if ('file' in reference) return `the file ${reference.file}`
  // arguments may be telling
  return 'command' in reference ? `the command ${reference.command[0]}` : 'the configuration'
}

function present(value: string | undefined, origin: string, reason: string): string {
  if (value === undefined || value === '') throw new AppError('SECRET_MISSING', { origin, reason })
  return value
}

async function readSecretFile(path: string): Promise<string> {
  const origin = describeSecret({ file: path })
  let bytes: Buffer
  try {
    bytes = await readFile(path)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    throw new AppError('SECRET_MISSING', { origin, reason: fileReasons[code] ?? `it cannot be read (${code})` })
  }
  if (bytes.length <= maxBytes) return bytes.toString('utf8').replace(/^\uFEFF/, '')
  throw new AppError('SECRET_MISSING', { origin, reason: `it is larger than ${maxBytes >> 10} KiB` })
}

const fileReasons: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of the path is no directory',
}

function runCommand(command: readonly string[], origin: string, { signal }: Context): Promise<string> {
  const [program = '', ...words] = command
  const options = { timeout: commandTimeoutMs, killSignal: 'SIGKILL', maxBuffer: maxBytes, signal } as const
  return new Promise((resolve, reject) => {
    const child = execFile(program, words, { ...options, encoding: 'utf8' }, (error, stdout) => {
      if (error === null) resolve(stdout)
      else if (signal.aborted) reject(new AppError('INTERRUPTED', {}))
      // the error's own message holds the command line and what it printed
      else reject(new AppError('SECRET_COMMAND_FAILED', { origin, reason: commandFailure(error) }))
    })
    // who asks for a password on its input gets none
    child.stdin?.on('error', () => {})
    child.stdin?.end()
  })
}

function commandFailure(error: { code?: unknown; killed?: boolean; signal?: unknown }): string {
  if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return `it printed more than ${maxBytes >> 10} KiB`
  if (error.killed === true) return `it took longer than ${commandTimeoutMs / 1000} s`
  if (error.code === 'ENOENT') return 'there is no such program'
  if (error.code === 'EACCES') return 'it may not be executed'
  if (typeof error.code === 'number') return `it ended with exit code ${error.code}`
  return typeof error.signal === 'string' ? `it was ended by ${error.signal}` : 'it could not be started'
}

function withoutNewline(text: string): string {
  return text.replace(/\r?\n$/, '')
}
