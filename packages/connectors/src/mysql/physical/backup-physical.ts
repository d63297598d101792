import type { Context } from '@holdfast/core/context'
import type { Entry, FileEntry } from '@holdfast/core/entry'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import { startProgram } from '../../process/running-program.ts'
import { clientCommand } from '../client/client-command.ts'
import { findMysqlTool, type MysqlClientPlace, type MysqlTool } from '../client/mysql-tool.ts'
import { connectMysql } from '../connection/connect.ts'
import type { MysqlConnection } from '../connection/connection.ts'
import type { MysqlTarget } from '../connection/target.ts'
import { formatManifest } from '../../manifest/manifest-file.ts'
import { sourceFolder } from '../manifest/mysql-manifest.ts'
import { readServerFacts, serverClock } from '../logical/read-server-facts.ts'
import { type PhysicalManifest, readBinlogInfo } from './physical-manifest.ts'
import { chooseLocalHost } from './choose-local-host.ts'
import { unpackStream } from './unpack-stream.ts'
import { readXbstream } from './xbstream-reader.ts'

export interface PhysicalBackupOptions {
  readonly source: string
  readonly client: MysqlClientPlace
  /** where it is seen from where the program runs; default: where the server says */
  readonly dataDirectory?: string
  /** for what cannot flow through: the redo log of the time of the backup */
  readonly temporaryDirectory: string
  readonly toolVersion: string
}

/** A physical backup that has begun. */
export interface PhysicalBackup extends AsyncDisposable {
  /** To be read once, in order. Throws when anything is not whole. The last one is manifest.json. */
  readonly entries: AsyncIterable<Entry>
  manifest(): PhysicalManifest | undefined
}

const binlogInfos = ['xtrabackup_binlog_info', 'mariadb_backup_binlog_info']

/**
 * Begins a physical backup by mariadb-backup (or XtraBackup), which must run where the data directory is. Its stream is
 * unpacked, so that a snapshot holds files whose unchanged pages are stored once. Fails with the codes of `connectMysql`,
 * MYSQL_FILES_ELSEWHERE and MYSQL_TOOL_MISSING; the entries with MYSQL_PHYSICAL_FAILED.
 */
export async function backupPhysical(
  asked: MysqlTarget,
  options: PhysicalBackupOptions,
  ctx: Context,
): Promise<PhysicalBackup> {
  const target = options.dataDirectory === undefined ? await chooseLocalHost(asked) : asked
  const session = await connectMysql(target, ctx)
  try {
    const tool = await findMysqlTool('physical', session.version.family, options.client, ctx)
    let manifest: PhysicalManifest | undefined
    const run = { target, options, session, tool }
    return {
      entries: entriesOf(run, (made) => (manifest = made), ctx),
      manifest: () => manifest,
      [Symbol.asyncDispose]: async () => await session[Symbol.asyncDispose](),
    }
  } catch (error) {
    await session[Symbol.asyncDispose]()
    throw error
  }
}

interface PhysicalRun {
  readonly target: MysqlTarget
  readonly options: PhysicalBackupOptions
  readonly session: MysqlConnection
  readonly tool: MysqlTool
}

/** Not its log, of which each backup has the part since another beginning. */
const pagesOfInnodb = /\.ibd$|(?:^|\/)(?:ibdata|undo)\d+$/

async function* entriesOf(
  { target, options, session, tool }: PhysicalRun,
  keep: (manifest: PhysicalManifest) => void,
  ctx: Context,
): AsyncGenerator<Entry, void, undefined> {
  const { writesBinlog: _writesBinlog, ...server } = await readServerFacts(session, ctx)
  const startedAt = await serverClock(session, ctx)
  const modifiedAt = new Date(startedAt)
  const folder = sourceFolder(options.source)
  const file = (path: string, content: FileEntry['content']): FileEntry => {
    return {
      kind: 'file',
      path: `${folder}/${path}`,
      mode: 0o600,
      modifiedAt,
      isPaged: pagesOfInnodb.test(path),
      content,
    }
  }
  const dataDirectory = options.dataDirectory ?? (await session.value('SELECT @@GLOBAL.datadir', ctx)) ?? ''
  const words = [
    '--backup',
    '--stream=xbstream',
    `--datadir=${dataDirectory}`,
    `--target-dir=${options.temporaryDirectory}`,
  ]
  await using client = await clientCommand(tool, words, target, options.client)
  // large tables may be copied into memory of the reader faster than they are asked for, but never silently for so long
  await using program = startProgram(client.command, { silenceLimitMs: 30 * 60_000 }, ctx)
  const fail = (reason: string, cause?: unknown): AppError =>
    new AppError('MYSQL_PHYSICAL_FAILED', { program: tool.program, host: session.host, reason }, { cause })
  const totals = { files: 0, bytes: 0 }
  let info = ''
  try {
    for await (const { path, content } of unpackStream(readXbstream(program.output), options.temporaryDirectory)) {
      totals.files++
      if (content.type === 'local') {
        yield file(`data/${path}`, content)
        // it is there only until the next is asked for
        yield { kind: 'settle' }
      } else if (binlogInfos.includes(path)) {
        const parts: Uint8Array[] = []
        for await (const bytes of content.chunks) parts.push(bytes)
        info = Buffer.concat(parts).toString('utf8')
        yield file(`data/${path}`, { type: 'bytes', bytes: Buffer.concat(parts) })
      } else {
        yield file(`data/${path}`, { type: 'stream', chunks: counted(content.chunks, totals) })
      }
    }
  } catch (error) {
    if (isAppError(error)) throw error
    const { failure, diagnostics } = await program.finish()
    throw fail(
      [failure, ...diagnostics.slice(-3), error instanceof Error ? error.message : ''].filter(Boolean).join('; '),
      error,
    )
  }
  const { failure, diagnostics } = await program.finish()
  // the exit code alone does not tell
  const isCompleted = diagnostics.at(-1)?.endsWith('completed OK!') === true
  if (failure !== undefined || !isCompleted) {
    throw fail(
      [
        failure ?? 'it does not end with "completed OK!"',
        ...diagnostics.filter((line) => /error|fatal/i.test(line)).slice(-3),
      ].join('; '),
    )
  }
  const stoppedAt = await serverClock(session, ctx)
  const position = readBinlogInfo(info)
  const manifest: PhysicalManifest = {
    formatVersion: 1,
    source: options.source,
    type: 'mysql',
    method: 'physical',
    tool: { name: 'holdfast', version: options.toolVersion },
    backupTool: { version: tool.version },
    server,
    startedAt,
    consistentAt: stoppedAt,
    stoppedAt,
    ...(position === undefined ? {} : { position }),
    ...totals,
  }
  yield file('manifest.json', { type: 'bytes', bytes: formatManifest(manifest) })
  keep(manifest)
}

async function* counted(
  chunks: AsyncGenerator<Uint8Array, void, undefined>,
  totals: { bytes: number },
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const bytes of chunks) {
    totals.bytes += bytes.length
    yield bytes
  }
}
