import { openCommandSource } from '@holdfast/connectors/command/command-source'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Source } from '@holdfast/repository/save/save-request'
import { invalidArgument } from '../argument/option.ts'
import type { BackupValues } from './backup-option.ts'
import { collectSourcePaths } from './source-paths.ts'

export interface StandardInput extends AsyncIterable<Uint8Array> {
  readonly isTTY?: boolean
}

export interface OpenSource extends AsyncDisposable {
  readonly source: Source
}

/** What is to be backed up, by the options and arguments of the command. Fails with ARGUMENT_…, OPTIONS_CONFLICT. */
export async function openBackupSource(
  given: readonly string[],
  options: BackupValues,
  stdin: StandardInput,
  ctx: Context,
): Promise<OpenSource> {
  if (options.stdin && options.stdinFromCommand) {
    throw new AppError('OPTIONS_CONFLICT', { first: '--stdin', second: '--stdin-from-command' })
  }
  if (options.stdinFromCommand) return openCommand(given, options, ctx)
  if (options.stdin) return openStdin(given, options, stdin)
  const paths = await collectSourcePaths(given, options, stdin)
  if (paths.length === 0) throw new AppError('ARGUMENT_MISSING', { command: 'backup', argument: 'a path to back up' })
  const empty = paths.find((path) => path === '')
  if (empty !== undefined) throw invalidArgument('a path to back up', empty, 'it is empty')
  return { source: { type: 'paths', paths, workingDirectory: process.cwd() }, [Symbol.asyncDispose]: async () => {} }
}

function openCommand(given: readonly string[], options: BackupValues, ctx: Context): OpenSource {
  if (given.length === 0) throw new AppError('ARGUMENT_MISSING', { command: 'backup', argument: 'the command to run' })
  const path = snapshotPath(options)
  const choice = { timeoutMs: options.commandTimeout, diagnostics: 'inherit' } as const
  const command = openCommandSource(given, choice, ctx)
  return {
    source: { type: 'stream', path, bytes: command.bytes, finish: (sizeBytes) => command.finish(sizeBytes) },
    [Symbol.asyncDispose]: () => command[Symbol.asyncDispose](),
  }
}

function openStdin(given: readonly string[], options: BackupValues, stdin: StandardInput): OpenSource {
  const [extra] = given
  if (extra !== undefined) throw new AppError('OPTIONS_CONFLICT', { first: '--stdin', second: `the path ${extra}` })
  if (stdin.isTTY === true) throw invalidArgument('--stdin', 'terminal', 'pipe something into it')
  const finish = async (sizeBytes: number) => {
    if (sizeBytes === 0) throw new AppError('SOURCE_EMPTY', { origin: 'standard input' })
  }
  return {
    source: { type: 'stream', path: snapshotPath(options), bytes: stdin, finish },
    [Symbol.asyncDispose]: async () => {},
  }
}

function snapshotPath({ stdinFilename = 'stdin' }: BackupValues): string {
  const names = stdinFilename.split('/').filter((name) => name !== '')
  if (names.length === 0 || names.some((name) => name === '.' || name === '..')) {
    throw invalidArgument('--stdin-filename', stdinFilename, 'it must name a file')
  }
  return `/${names.join('/')}`
}
