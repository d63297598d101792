import { access, constants, rm, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { makePassingDirectory } from '../../process/passing-directory.ts'
import { commandAt } from '../../process/program-place.ts'
import { runProgram } from '../../process/running-program.ts'
import type { MysqlClientPlace } from '../client/mysql-tool.ts'
import { type PgloaderRoute, pgloaderCommandFile } from './command-file.ts'

/** Fails with PGLOADER_MISSING. */
export async function findPgloader({ binaries }: MysqlClientPlace): Promise<string> {
  for (const directory of [...binaries.directories, ...binaries.path.split(delimiter)]) {
    const program = join(directory, 'pgloader')
    if (directory !== '' && (await isExecutable(program))) return program
  }
  throw new AppError('PGLOADER_MISSING', {})
}

export interface PgloaderRun {
  readonly program: string
  readonly route: PgloaderRoute
  readonly passwords: { readonly mysql: string | undefined; readonly postgres: string | undefined }
}

/**
 * Copies one database of MySQL into a schema of PostgreSQL. What pgloader complained of is returned: it goes on after most
 * errors and ends with success, so that only a comparison afterwards tells whether all is there. Its files (rows that
 * PostgreSQL refused, with data in them) go with its private directory. Fails with PGLOADER_FAILED.
 */
export async function runPgloader(
  { program, route, passwords }: PgloaderRun,
  ctx: Context,
): Promise<readonly string[]> {
  const text = pgloaderCommandFile(route)
  const directory = await makePassingDirectory('holdfast-pgloader-')
  try {
    const file = join(directory, 'migration.load')
    await writeFile(file, text, { mode: 0o600 })
    const variables = {
      HOME: directory,
      TMPDIR: directory,
      PATH: '/usr/bin:/bin',
      LC_ALL: 'C.UTF-8',
      TZ: 'UTC',
      PGTZ: 'UTC',
      ...(passwords.mysql === undefined ? {} : { MYSQL_PWD: passwords.mysql }),
      ...(passwords.postgres === undefined ? {} : { PGPASSWORD: passwords.postgres }),
    }
    const call = { program, arguments: ['--no-ssl-cert-verification', '--root-dir', directory, file], variables }
    const { failure, output, diagnostics } = await runProgram(
      commandAt({ type: 'local' }, call, {}),
      // it says nothing while it copies
      { silenceLimitMs: 0 },
      ctx,
    )
    const complaints = complaintsIn(`${output.toString('utf8')}\n${diagnostics.join('\n')}`)
    if (failure === undefined && !complaints.some((one) => /Failed to connect/.test(one))) return complaints
    const reason = [failure ?? 'it could not begin', ...complaints.slice(0, 3)].join('; ')
    throw new AppError('PGLOADER_FAILED', { database: JSON.stringify(route.database), reason })
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** "2026-11-21T10:12:21.028000Z ERROR PostgreSQL Database error 42601: …" → "PostgreSQL Database error 42601: …" */
export function complaintsIn(printed: string): string[] {
  const lines = printed.split('\n').map((line) => /^\S+Z (?:ERROR|FATAL|WARNING) (.+)$/.exec(line)?.[1] ?? '')
  return [...new Set(lines.filter((line) => line !== ''))]
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
