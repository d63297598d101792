import { AppError } from '@holdfast/core/errors/app-error'
import { type Kysely, sql } from 'kysely'
import type { CatalogueReader, CatalogueStore } from '../store/catalogue-store.ts'
import { postgresSchema } from '../store/catalogue-tables.ts'
import { firstTables } from './001-first-tables.ts'
import { summaries } from './002-summaries.ts'
import { access } from './003-access.ts'
import type { Migration } from './migration.ts'

const migrations: readonly Migration[] = [firstTables, summaries, access]
export const newestVersion = migrations.length

/** `catalogue_version` has one row; it is no table of `CatalogueTables` because only this file reads it. */
type VersionTable = { catalogue_version: { version: number } }

/**
 * Brings the tables to the version of this program, all steps in one transaction, by one process at a time. `upTo` is for
 * tests. Fails with CATALOGUE_NEWER.
 */
export async function migrate(store: CatalogueStore, upTo = newestVersion): Promise<void> {
  const version = await store.read((reader) => readVersion(reader, store))
  refuseNewer(version, store)
  if (version === upTo) return
  await store.write(async (writer) => {
    await store.lockQueue(writer)
    const from = await readVersion(writer, store)
    refuseNewer(from, store)
    const tables = writer.withTables<VersionTable>()
    if (from === 0) {
      if (store.kind === 'postgresql') await sql`create schema if not exists ${sql.id(postgresSchema)}`.execute(writer)
      await createVersionTable(writer)
    }
    // boundary: a step is written for the tables of its time, not for those that the type speaks of
    const rows = writer as unknown as Kysely<unknown>
    for (const step of migrations.slice(from, upTo)) await step.apply(writer, store.kind, rows)
    await tables.updateTable('catalogue_version').set({ version: upTo }).execute()
  })
}

async function createVersionTable(writer: CatalogueReader): Promise<void> {
  await writer.schema
    .createTable('catalogue_version')
    .addColumn('version', 'integer', (column) => column.notNull())
    .execute()
  await writer.withTables<VersionTable>().insertInto('catalogue_version').values({ version: 0 }).execute()
}

async function readVersion(reader: CatalogueReader, store: CatalogueStore): Promise<number> {
  if (!(await hasVersion(reader, store.kind))) return 0
  const row = await reader.withTables<VersionTable>().selectFrom('catalogue_version').selectAll().executeTakeFirst()
  if (row === undefined) {
    throw new AppError('CATALOGUE_CORRUPT', { catalogue: store.location, reason: 'its version is gone' })
  }
  return row.version
}

async function hasVersion(reader: CatalogueReader, kind: 'sqlite' | 'postgresql'): Promise<boolean> {
  const query =
    kind === 'sqlite'
      ? sql`select name from sqlite_schema where name = 'catalogue_version'`
      : sql`select from pg_tables where schemaname = ${postgresSchema} and tablename = 'catalogue_version'`
  return (await query.execute(reader)).rows.length > 0
}

function refuseNewer(version: number, { location }: CatalogueStore): void {
  if (version > newestVersion) {
    throw new AppError('CATALOGUE_NEWER', { catalogue: location, version, known: newestVersion })
  }
}
