import { type Context, withSignal } from '@holdfast/core/context'
import type { Entry, FileEntry } from '@holdfast/core/entry'
import { AppError } from '@holdfast/core/errors/app-error'
import { disposingEntries } from '../../entry/disposing-entries.ts'
import { readAhead } from '../../process/read-ahead.ts'
import { formatManifest } from '../../manifest/manifest-file.ts'
import { sourceFolder } from '../backup/entry-path.ts'
import { serverClock } from '../backup/finish-manifest.ts'
import { sqlRow } from '../backup/sql-rows.ts'
import { connectPostgres } from '../connection/connect.ts'
import type { PostgresConnection } from '../connection/connection.ts'
import type { PostgresTarget } from '../connection/target.ts'
import { chosenHost, onlyHost } from './chosen-host.ts'
import { findDumpTool } from './client-tool.ts'
import { readDatabases } from './database-properties.ts'
import { dumpDatabase, type DumpedDatabase } from './dump-database.ts'
import { dumpGlobals } from './dump-globals.ts'
import type { DumpRun, LogicalBackup, LogicalBackupOptions } from './logical-backup.ts'
import {
  type DatabaseFingerprint,
  type DatabaseProperties,
  dumpPath,
  type LogicalManifest,
} from './logical-manifest.ts'

/** kept of a dump that runs ahead of its turn */
const aheadBytes = 16 << 20

/**
 * Begins a logical backup: connects, finds the tools, lists the databases. Fails with the codes of `connectPostgres`,
 * POSTGRES_TOOL_MISSING and POSTGRES_DATABASE_UNKNOWN.
 */
export async function backupLogical(
  target: PostgresTarget,
  options: LogicalBackupOptions,
  ctx: Context,
): Promise<LogicalBackup> {
  const stop = new AbortController()
  const own = withSignal(ctx, AbortSignal.any([ctx.signal, stop.signal]))
  const session = await connectPostgres(target, { database: target.database ?? 'postgres' }, own)
  const dispose = async (): Promise<void> => {
    stop.abort(new Error('the backup was left'))
    await session[Symbol.asyncDispose]()
  }
  try {
    const plan = await prepare(target, options, session, own)
    let manifest: LogicalManifest | undefined
    return {
      entries: disposingEntries(
        entriesOf(plan, (made) => (manifest = made), own),
        dispose,
      ),
      manifest: () => manifest,
      [Symbol.asyncDispose]: dispose,
    }
  } catch (error) {
    await dispose()
    throw error
  }
}

interface BackupPlan {
  readonly run: DumpRun
  readonly session: PostgresConnection
  readonly databases: readonly DatabaseProperties[]
  readonly startedAt: string
  readonly hasRolePasswords: boolean
}

async function prepare(
  target: PostgresTarget,
  options: LogicalBackupOptions,
  session: PostgresConnection,
  ctx: Context,
): Promise<BackupPlan> {
  const major = Math.floor(session.versionNumber / 10_000)
  const dumpTool = await findDumpTool('pg_dump', major, options.client, ctx, options.forMajor)
  const facts = await sqlRow(
    session,
    `SELECT pg_is_in_recovery() AS standby, has_table_privilege('pg_catalog.pg_authid', 'SELECT') AS passwords`,
    ctx,
  )
  const databases = await readDatabases(session, ctx)
  const host = chosenHost(target, session)
  return {
    run: {
      target: onlyHost(target, session),
      host,
      hostText: session.host,
      options,
      dumpTool,
      inRecovery: facts('standby') === 't',
    },
    session,
    databases: choose(databases, options.selection.databases, session.host),
    startedAt: await serverClock(session, ctx),
    hasRolePasswords: facts('passwords') === 't',
  }
}

function choose(
  databases: readonly DatabaseProperties[],
  wanted: readonly string[],
  host: string,
): readonly DatabaseProperties[] {
  if (wanted.length === 0) return databases
  return [...new Set(wanted)].map((name) => {
    const found = databases.find((database) => database.name === name)
    if (found === undefined) throw new AppError('POSTGRES_DATABASE_UNKNOWN', { database: JSON.stringify(name), host })
    return found
  })
}

async function* entriesOf(
  plan: BackupPlan,
  keep: (manifest: LogicalManifest) => void,
  ctx: Context,
): AsyncGenerator<Entry, void, undefined> {
  const { run, session, databases, hasRolePasswords } = plan
  const { source, client, parallel } = run.options
  const modifiedAt = new Date(plan.startedAt)
  const file = (name: string, content: FileEntry['content']): FileEntry => {
    return { kind: 'file', path: `${sourceFolder(source)}/${name}`, mode: 0o600, modifiedAt, content }
  }
  const dumpall = await findDumpTool('pg_dumpall', Math.floor(session.versionNumber / 10_000), client, ctx)
  const database = run.target.database ?? 'postgres'
  const globals = await dumpGlobals(run, dumpall, { withPasswords: hasRolePasswords, database }, ctx)
  yield file('globals.sql', { type: 'bytes', bytes: globals.sql })

  const dumps = databases.map(({ name }) => new PendingDump(run, name, ctx))
  const fingerprints: DatabaseFingerprint[] = []
  const warnings = [...globals.warnings, ...(hasRolePasswords ? [] : [passwordWarning])]
  for (const [i, dump] of dumps.entries()) {
    for (const next of dumps.slice(i, i + Math.max(1, parallel))) next.start()
    yield file(dumpPath(dump.database), { type: 'stream', chunks: dump.start() })
    const { content, bytes, warnings: own } = dump.result()
    const properties = databases[i]
    if (properties !== undefined) fingerprints.push({ ...properties, bytes, ...content })
    warnings.push(...own)
  }
  const manifest = await makeManifest(plan, fingerprints, { warnings, globalsBytes: globals.sql.length }, ctx)
  yield file('manifest.json', { type: 'bytes', bytes: formatManifest(manifest) })
  keep(manifest)
}

const passwordWarning =
  'globals.sql has no passwords of roles: only superusers, and roles that may read pg_authid, see them'

/** A dump that can be started before its turn, so that the small ones do not wait for each other. */
class PendingDump {
  readonly database: string
  readonly #open: () => AsyncGenerator<Uint8Array, void, undefined>
  readonly #signal: AbortSignal
  #chunks: AsyncGenerator<Uint8Array, void, undefined> | undefined
  #dumped: DumpedDatabase | undefined

  constructor(run: DumpRun, database: string, ctx: Context) {
    this.database = database
    this.#signal = ctx.signal
    this.#open = () => dumpDatabase(run, database, (dumped) => (this.#dumped = dumped), ctx)
  }

  start(): AsyncGenerator<Uint8Array, void, undefined> {
    return (this.#chunks ??= readAhead(this.#open(), aheadBytes, this.#signal))
  }

  result(): DumpedDatabase {
    if (this.#dumped === undefined) throw new Error(`the dump of ${this.database} was not read to its end`)
    return this.#dumped
  }
}

async function makeManifest(
  { run, session, startedAt, hasRolePasswords }: BackupPlan,
  databases: readonly DatabaseFingerprint[],
  { warnings, globalsBytes }: { readonly warnings: readonly string[]; readonly globalsBytes: number },
  ctx: Context,
): Promise<LogicalManifest> {
  const { source, selection, toolVersion } = run.options
  return {
    formatVersion: 1,
    source,
    type: 'postgresql',
    method: 'logical',
    tool: { name: 'holdfast', version: toolVersion },
    dumpTool: { version: run.dumpTool.version, major: run.dumpTool.major },
    server: {
      version: session.parameters.get('server_version')?.split(' ')[0] ?? '',
      versionNumber: session.versionNumber,
      inRecovery: run.inRecovery,
    },
    startedAt,
    stoppedAt: await serverClock(session, ctx),
    selection,
    hasRolePasswords,
    fingerprint: { databases },
    warnings,
    bytes: globalsBytes + databases.reduce((sum, { bytes }) => sum + bytes, 0),
  }
}
