import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { BackupRun } from '../backup-run.ts'
import { sqlRow } from '../sql-rows.ts'
import type { ControlFile } from './control-file.ts'
import { isMissing, readControlFile } from './read-data.ts'

/** Clocks of one machine; the file has whole seconds, written just before the time the server tells. */
const startToleranceSeconds = 30

export interface DataDirectory {
  readonly path: string
  readonly control: ControlFile
}

/**
 * The directory in which the server that the session is with keeps its data, as this machine sees it. A copy of it (a
 * restored cluster, a standby's) has the same identifier, so the running server's own mark, postmaster.pid, is compared too.
 */
export async function requireDataDirectory(run: BackupRun, ctx: Context): Promise<DataDirectory> {
  const { session, facts, options } = run
  const path = options.dataDirectory ?? facts.settings.get('data_directory')
  const wrong = (reason: string): AppError =>
    new AppError('POSTGRES_DATA_DIRECTORY_WRONG', { directory: path ?? 'unknown', host: session.host, reason })
  if (path === undefined) throw wrong('the server does not tell this role where its data lies')
  const version = await lines(join(path, 'PG_VERSION'))
  if (version === undefined) throw wrong('there is no PG_VERSION in it')
  const major = Math.floor(facts.server.versionNumber / 10_000)
  if (Number(version[0]) !== major) throw wrong(`it is of PostgreSQL ${version[0]}, and the server is ${major}`)
  const { control } = await readControlFile(path)
  if (control.systemIdentifier !== facts.server.systemIdentifier) {
    throw wrong(
      `it holds the cluster ${control.systemIdentifier}, and the server runs ${facts.server.systemIdentifier}`,
    )
  }
  const mark = await lines(join(path, 'postmaster.pid'))
  if (mark === undefined) throw wrong('no server runs on it: it seems to be a copy')
  const row = await sqlRow(
    session,
    `SELECT extract(epoch FROM pg_postmaster_start_time())::bigint AS started, current_setting('port') AS port`,
    ctx,
  )
  const difference = Math.abs(Number(mark[2]) - Number(row('started')))
  if (!(difference <= startToleranceSeconds) || mark[3] !== row('port')) {
    throw wrong('another server runs on it: port or time of start differ')
  }
  return { path, control }
}

async function lines(path: string): Promise<string[] | undefined> {
  try {
    return (await readFile(path, 'utf8')).split('\n').map((line) => line.trim())
  } catch (error) {
    if (isMissing(error)) return undefined
    const reason = error instanceof Error ? error.message : String(error)
    throw new AppError('POSTGRES_DATA_UNREADABLE', { path, reason }, { cause: error })
  }
}
