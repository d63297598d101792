import { AppError } from '@holdfast/core/errors/app-error'
import { sql } from 'kysely'
import type { CatalogueReader, CatalogueStore } from '../store/catalogue-store.ts'
import { postgresSchema } from '../store/open-postgres-store.ts'
import { firstTables } from './001-first-tables.ts'
import { slowestProofs } from './002-slowest-proofs.ts'
import type { Migration } from './migration.ts'

const migrations: readonly Migration[] = [firstTables, slowestProofs]
export const newestVersion = migrations.length

/** `catalogue_version` has one row; it is no table of `CatalogueTables` because only this file reads it. */
type VersionTable = { catalogue_version: { version: number } }

/**
 * Brings the tables to the version of this program, all steps in one transaction, by one process at a time. `upTo` is for
 * tests. Fails with CATALOGUE_NEWER, and with CATALOGUE_CORRUPT when the place holds something that is no catalogue.
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
    for (const step of migrations.slice(from, upTo)) await step.apply(writer.schema, store.kind)
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
  const names = await tableNames(reader, store.kind)
  if (names.length === 0) return 0
  if (!names.includes('catalogue_version')) {
    const reason = `it has tables (${names.slice(0, 3).join(', ')}) but is no catalogue of Holdfast`
    throw new AppError('CATALOGUE_CORRUPT', { catalogue: store.location, reason })
  }
  const row = await reader.withTables<VersionTable>().selectFrom('catalogue_version').selectAll().executeTakeFirst()
  if (row === undefined) {
    throw new AppError('CATALOGUE_CORRUPT', { catalogue: store.location, reason: 'its version is gone' })
  }
  return row.version
}

async function tableNames(reader: CatalogueReader, kind: 'sqlite' | 'postgresql'): Promise<string[]> {
  const query =
    kind === 'sqlite'
      ? sql<{ name: string }>`select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'`
      : sql<{ name: string }>`select tablename as name from pg_tables where schemaname = ${postgresSchema}`
  return (await query.execute(reader)).rows.map(({ name }) => name)
}

function refuseNewer(version: number, { location }: CatalogueStore): void {
  if (version > newestVersion) {
    throw new AppError('CATALOGUE_NEWER', { catalogue: location, version, known: newestVersion })
  }
}
