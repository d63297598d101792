import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { sqlRow } from '../../backup/sql-rows.ts'
import { connectPostgres } from '../../connection/connect.ts'
import type { PostgresConnection } from '../../connection/connection.ts'
import { quoteLiteral } from '../../connection/quote.ts'
import type { TocEntry } from '../archive/toc-entry.ts'
import { findRestoreTool } from '../client-tool.ts'
import type { DatabaseFingerprint } from '../logical-manifest.ts'
import { readContents } from './archive-file.ts'
import { onlyHost } from '../chosen-host.ts'
import { connectForMaintenance } from './connect-for-maintenance.ts'
import { databaseExists, missingRoles } from './database-lifecycle.ts'
import type { LogicalFiles } from './logical-files.ts'
import type { DatabaseStep, LogicalRestorePlan, LogicalRestoreRequest } from './logical-restore.ts'
import { selectEntries } from './select-entries.ts'

/** the database that every server has from the beginning */
const standardDatabase = 'postgres'

/**
 * Decides what is restored where, and looks whether it can be. Changes nothing. Fails with BACKUP_PART_UNKNOWN,
 * POSTGRES_DATABASE_EXISTS, POSTGRES_OBJECT_EXISTS, POSTGRES_TOOL_MISSING and the codes of connections.
 */
export async function planLogicalRestore(
  files: LogicalFiles,
  given: LogicalRestoreRequest,
  ctx: Context,
): Promise<LogicalRestorePlan> {
  const { manifest } = files
  const { client, databases, into, parts } = given
  const chosen = chooseDatabases(manifest.fingerprint.databases, databases)
  const isPartial = parts.schemas.length + parts.tables.length > 0
  const [only, another] = chosen
  if ((isPartial || into !== undefined || given.replaces !== undefined) && another !== undefined) {
    const known = chosen.map(({ name }) => name).join(', ')
    throw new AppError('BACKUP_PART_UNKNOWN', { part: 'single database; name one with --database', known })
  }
  await using session = await connectForMaintenance(given, ctx)
  const request = { ...given, target: onlyHost(given.target, session) }
  const serverMajor = Math.floor(session.versionNumber / 10_000)
  const tool = await findRestoreTool({ dumpMajor: manifest.dumpTool.major, serverMajor }, client, ctx)
  const steps: DatabaseStep[] = []
  const skipped: string[] = []
  for (const fingerprint of chosen) {
    if (isEmptyStandard(fingerprint, databases)) skipped.push(fingerprint.name)
    else steps.push(await planDatabase(files, fingerprint, request, session, ctx))
  }
  if (isPartial && only === undefined) throw new Error('a part of nothing')
  if (request.owners && !request.globals) await refuseMissingRoles(steps, session, ctx)
  const dumpBytes = steps.reduce((sum, { fingerprint: { bytes } }) => sum + bytes, 0)
  const serverVersion = session.parameters.get('server_version')?.split(' ')[0] ?? ''
  return { request, tool, host: session.host, serverVersion, steps, skipped, dumpBytes }
}

async function refuseMissingRoles(
  steps: readonly DatabaseStep[],
  session: PostgresConnection,
  ctx: Context,
): Promise<void> {
  const owners = steps.flatMap(({ fingerprint, isNew, selected, entries }) => [
    ...(isNew ? [fingerprint.owner] : []),
    ...entries.filter(({ dumpId }) => selected?.ids.has(dumpId) ?? true).map(({ owner }) => owner),
  ])
  const missing = await missingRoles(
    session,
    owners.filter((owner) => owner !== ''),
    ctx,
  )
  if (missing.length === 0) return
  throw new AppError('POSTGRES_ROLE_MISSING', { host: session.host, roles: missing.join(', ') })
}

function chooseDatabases(
  known: readonly DatabaseFingerprint[],
  wanted: readonly string[],
): readonly DatabaseFingerprint[] {
  if (wanted.length === 0) return known
  return wanted.map((name) => {
    const found = known.find((database) => database.name === name)
    if (found !== undefined) return found
    const names = known.map((database) => database.name).join(', ')
    throw new AppError('BACKUP_PART_UNKNOWN', { part: `database ${JSON.stringify(name)}`, known: names })
  })
}

function isEmptyStandard({ name, tables, sequences, largeObjects }: DatabaseFingerprint, wanted: readonly string[]) {
  return wanted.length === 0 && name === standardDatabase && tables.length + sequences.length + largeObjects === 0
}

async function planDatabase(
  files: LogicalFiles,
  fingerprint: DatabaseFingerprint,
  { into = fingerprint.name, parts, target, replaces }: LogicalRestoreRequest,
  session: PostgresConnection,
  ctx: Context,
): Promise<DatabaseStep> {
  if (into === '' || Buffer.byteLength(into) > longestName) {
    const reason = `a database has a name of 1 to ${longestName} bytes`
    throw new AppError('ARGUMENT_INVALID', { name: '--into', value: JSON.stringify(into), reason })
  }
  const entries = await readContents(files.dump(fingerprint.name, ctx), `the dump of ${fingerprint.name}`)
  const exists = await databaseExists(session, into, ctx)
  const isPartial = parts.schemas.length + parts.tables.length > 0
  if (replaces !== undefined && (isPartial || !exists || replaces !== into)) {
    const reason = isPartial
      ? 'only a whole database can be replaced'
      : `it must be the name of the database that is replaced, ${JSON.stringify(into)}${exists ? '' : ', and there is none'}`
    throw new AppError('ARGUMENT_INVALID', { name: '--replace', value: JSON.stringify(replaces), reason })
  }
  if (!isPartial) {
    if (replaces !== undefined)
      return { fingerprint, ...replacement(into, ctx), isNew: true, tables: fingerprint.tables, entries }
    const mayFill = exists && into === standardDatabase && (await isEmpty(target, into, ctx))
    if (exists && !mayFill) {
      throw new AppError('POSTGRES_DATABASE_EXISTS', { database: JSON.stringify(into), host: session.host })
    }
    return { fingerprint, into, isNew: !exists, tables: fingerprint.tables, entries }
  }
  const selected = selectEntries(entries, parts, { isNewDatabase: !exists })
  const chosen = entries.filter(({ dumpId }) => selected.ids.has(dumpId))
  if (exists) await refuseExisting(target, into, chosen, session.host, ctx)
  const withData = chosen.filter(({ description }) => description === 'TABLE DATA')
  const names = new Set(withData.map(({ namespace, tag }) => JSON.stringify([namespace, tag])))
  const tables = fingerprint.tables.filter(({ schema, name }) => names.has(JSON.stringify([schema, name])))
  return { fingerprint, into, isNew: !exists, selected, tables, entries }
}

/** in bytes; the server would cut a longer one off */
const longestName = 63
/** of the old name, in that under which a replaced database is kept */
const longestKeptCharacters = 12

function replacement(database: string, ctx: Context): Pick<DatabaseStep, 'into' | 'replaces'> {
  const stamp = ctx.now().toISOString().replaceAll(/\D/g, '').slice(0, 14)
  const short = [...database].slice(0, longestKeptCharacters).join('')
  return { into: `holdfast_restored_${stamp}`, replaces: { database, kept: `${short}_before_${stamp}` } }
}

async function isEmpty(target: LogicalRestoreRequest['target'], database: string, ctx: Context): Promise<boolean> {
  await using session = await connectPostgres(target, { database }, ctx)
  const row = await sqlRow(
    session,
    `SELECT count(*) AS count FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND oid >= 16384`,
    ctx,
  )
  return row('count') === '0'
}

async function refuseExisting(
  target: LogicalRestoreRequest['target'],
  database: string,
  chosen: readonly TocEntry[],
  host: string,
  ctx: Context,
): Promise<void> {
  await using session = await connectPostgres(target, { database }, ctx)
  for (const { description, namespace, tag } of chosen) {
    const isRelation = ['TABLE', 'VIEW', 'MATERIALIZED VIEW', 'FOREIGN TABLE', 'SEQUENCE'].includes(description)
    if (!isRelation && description !== 'SCHEMA') continue
    const sql = isRelation
      ? `SELECT count(*) AS count FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = ${quoteLiteral(namespace)} AND c.relname = ${quoteLiteral(tag)}`
      : `SELECT count(*) AS count FROM pg_namespace WHERE nspname = ${quoteLiteral(tag)}`
    if ((await sqlRow(session, sql, ctx))('count') === '0') continue
    const object = `${description.toLowerCase()} ${isRelation ? `${namespace}.` : ''}${tag}`
    throw new AppError('POSTGRES_OBJECT_EXISTS', { object, database: JSON.stringify(database), host })
  }
}
