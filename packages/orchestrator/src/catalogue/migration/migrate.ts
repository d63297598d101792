import { AppError } from '@holdfast/core/errors/app-error'
import type { Kysely } from 'kysely'
import type { CatalogueStore, CatalogueWriter } from '../store/catalogue-store.ts'
import { postgresSchema } from '../store/catalogue-tables.ts'
import { question } from '../store/question.ts'
import type { Migration } from './migration.ts'

/** Loaded only when there is something to do. */
const migrations: readonly (() => Promise<Migration>)[] = [
  async () => (await import('./001-first-tables.ts')).firstTables,
  async () => (await import('./002-summaries.ts')).summaries,
  async () => (await import('./003-access.ts')).access,
  async () => (await import('./004-newest-bytes.ts')).newestBytes,
]
export const newestVersion = migrations.length

/** `catalogue_version` has one row; it is no table of `CatalogueTables` because only this file reads it. */
type VersionTable = { catalogue_version: { version: number } }

/**
 * Brings the tables to the version of this program, all steps in one transaction, by one process at a time. `upTo` is for
 * tests. Fails with CATALOGUE_NEWER.
 */
export async function migrate(store: CatalogueStore, upTo = newestVersion): Promise<void> {
  const version = await knownVersion(store)
  refuseNewer(version, store)
  if (version === upTo) return
  await store.write(async (writer) => {
    await store.lockQueue(writer)
    if (version === 0) await createVersionTable(writer, store)
    const tables = writer.withTables<VersionTable>()
    // another process may have been quicker
    const from = versionOf(await tables.selectFrom('catalogue_version').selectAll().execute(), store)
    refuseNewer(from, store)
    // boundary: a step is written for the tables of its time, not for those that the type speaks of
    const rows = writer as unknown as Kysely<unknown>
    for (const load of migrations.slice(from, upTo)) await (await load()).apply(writer, store.kind, rows)
    await tables.updateTable('catalogue_version').set({ version: upTo }).execute()
  })
}

/** Without the query builder: mostly there is nothing to do. 0: there are no tables yet. */
async function knownVersion(store: CatalogueStore): Promise<number> {
  const found =
    store.kind === 'sqlite'
      ? question`select name from sqlite_schema where name = 'catalogue_version'`
      : question`select from pg_tables where schemaname = ${postgresSchema} and tablename = 'catalogue_version'`
  if ((await store.select(found)).length === 0) return 0
  const rows = await store.select<{ version: number }>(question`select version from holdfast.catalogue_version`)
  return versionOf(rows, store)
}

async function createVersionTable(writer: CatalogueWriter, { kind }: CatalogueStore): Promise<void> {
  if (kind === 'postgresql') await writer.schema.createSchema(postgresSchema).ifNotExists().execute()
  await writer.schema
    .createTable('catalogue_version')
    .ifNotExists()
    .addColumn('version', 'integer', (column) => column.notNull())
    .execute()
  const tables = writer.withTables<VersionTable>()
  const known = await tables.selectFrom('catalogue_version').selectAll().execute()
  if (known.length === 0) await tables.insertInto('catalogue_version').values({ version: 0 }).execute()
}

function versionOf([row]: readonly { readonly version: number }[], { location }: CatalogueStore): number {
  if (row === undefined) {
    throw new AppError('CATALOGUE_CORRUPT', { catalogue: location, reason: 'its version is gone' })
  }
  return row.version
}

function refuseNewer(version: number, { location }: CatalogueStore): void {
  if (version > newestVersion) {
    throw new AppError('CATALOGUE_NEWER', { catalogue: location, version, known: newestVersion })
  }
}
