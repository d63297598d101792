import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { countOf } from '@holdfast/core/units/count-of'
import { sqlRow, sqlRows } from '../backup/sql-rows.ts'
import type { PostgresConnection } from '../connection/connection.ts'
import { quoteIdentifier } from '../connection/quote.ts'
import type { ArchiveFacts, TocEntry } from './archive/toc-entry.ts'
import type { DatabaseFingerprint, SequenceFingerprint, TableFingerprint } from './logical-manifest.ts'

export type DumpContent = Pick<DatabaseFingerprint, 'tables' | 'sequences' | 'largeObjects' | 'extensions' | 'schemas'>

const tablesAtOnce = 100

/** Tables whose rows are in the dump, and which the database counts too: not those that an extension fills in part. */
export function countedTables(entries: readonly TocEntry[]): TocEntry[] {
  return entries.filter(({ description, hasData }) => description === 'TABLE DATA' && hasData)
}

export type CountedTable = Pick<TableFingerprint, 'rows' | 'checksum'>

/** Whatever server, role or database have set: the same row must have the same text on both sides of a comparison. */
const textForm = `SET row_security = off; SET intervalstyle = postgres; SET extra_float_digits = 1;
  SET lc_monetary = 'C'; SET xmloption = content`

/**
 * Exact rows of each table, in the order given, and with `checksums` a sum over all of its rows, in whatever order they lie;
 * the tables of extensions, of which dumps hold only what users added, are left out (undefined). Row security must not hide
 * anything: then it fails, as pg_dump does.
 */
export async function countTables(
  connection: PostgresConnection,
  tables: readonly Pick<TableFingerprint, 'schema' | 'name'>[],
  { checksums }: { readonly checksums: boolean },
  ctx: Context,
): Promise<(CountedTable | undefined)[]> {
  await connection.query(textForm, ctx)
  const owned = await extensionTables(connection, ctx)
  const names = tables.map(({ schema, name }) => `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`)
  const sum = `coalesce(sum(hashtextextended((t.*)::text COLLATE "C", 0)), 0)`
  const columns = checksums ? `count(*), ${sum}` : 'count(*)'
  const counted: (CountedTable | undefined)[] = []
  for (let start = 0; start < names.length; start += tablesAtOnce) {
    const some = names.slice(start, start + tablesAtOnce)
    const statements = some.map((name) =>
      owned.has(name) ? 'SELECT NULL' : `SELECT ${columns} FROM ONLY ${name} AS t`,
    )
    const results = await connection.query(statements.join(';'), ctx)
    for (const [i] of some.entries()) {
      const [rows, checksum] = results[i]?.rows[0] ?? []
      const known = typeof checksum === 'string' ? { checksum } : {}
      counted.push(typeof rows === 'string' ? { rows, ...known } : undefined)
    }
    ctx.emit({
      type: 'work.progressed',
      work: 'counting rows',
      unit: 'tables',
      done: counted.length,
      total: names.length,
    })
  }
  return counted
}

async function extensionTables(connection: PostgresConnection, ctx: Context): Promise<Set<string>> {
  const rows = await sqlRows(
    connection,
    `SELECT n.nspname AS schema, c.relname AS name FROM pg_depend d
    JOIN pg_class c ON c.oid = d.objid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE d.classid = 'pg_class'::regclass AND d.deptype = 'e' AND c.relkind IN ('r', 'p')`,
    ctx,
  )
  return new Set(rows.map((row) => `${quoteIdentifier(row('schema') ?? '')}.${quoteIdentifier(row('name') ?? '')}`))
}

/**
 * Holds a dump against the snapshot it was made from, and returns what is then known of both: rows that the server counts and
 * rows that are in the file must be equal, table by table. Fails with POSTGRES_DUMP_UNREADABLE.
 */
export async function fingerprintOf(
  connection: PostgresConnection,
  archive: ArchiveFacts,
  counted: readonly (CountedTable | undefined)[],
  ctx: Context,
): Promise<DumpContent> {
  const tables: TableFingerprint[] = []
  for (const [i, { dumpId, namespace, tag }] of countedTables(archive.entries).entries()) {
    const [found, dumped] = [counted[i], archive.rows.get(dumpId)]
    if (found === undefined) continue
    if (dumped !== undefined && String(dumped) !== found.rows) {
      const reason = `it has ${countOf(dumped, 'row')} of ${namespace}.${tag}, and the database ${found.rows}`
      throw new AppError('POSTGRES_DUMP_UNREADABLE', { what: `the dump of ${archive.database}`, reason })
    }
    tables.push({ schema: namespace, name: tag, ...found })
  }
  const extensions = await sqlRows(
    connection,
    'SELECT extname AS name, extversion AS version FROM pg_extension ORDER BY 1',
    ctx,
  )
  const dumpedExtensions = namesOf(archive, 'EXTENSION')
  return {
    tables,
    sequences: sequencesOf(archive.entries),
    largeObjects: archive.largeObjects,
    extensions: extensions
      .map((row) => ({ name: row('name') ?? '', version: row('version') ?? '' }))
      .filter(({ name }) => dumpedExtensions.has(name)),
    schemas: [...namesOf(archive, 'SCHEMA')],
  }
}

function namesOf({ entries }: ArchiveFacts, kind: string): Set<string> {
  return new Set(entries.filter(({ description }) => description === kind).map(({ tag }) => tag))
}

/** "SELECT pg_catalog.setval('public.a_id_seq', 42, true);" → 42, true */
function sequencesOf(entries: readonly TocEntry[]): SequenceFingerprint[] {
  return entries.flatMap(({ description, definition, namespace, tag }) => {
    const match = description === 'SEQUENCE SET' ? /, (-?\d+), (true|false)\);\s*$/.exec(definition) : null
    if (match === null) return []
    return [{ schema: namespace, name: tag, value: match[1] ?? '', isCalled: match[2] === 'true' }]
  })
}

/** Large objects that the transaction sees. */
export async function countLargeObjects(connection: PostgresConnection, ctx: Context): Promise<number> {
  const row = await sqlRow(connection, 'SELECT count(*) AS count FROM pg_largeobject_metadata', ctx)
  return Number(row('count'))
}
