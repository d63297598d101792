/**
 * Writes what the tables of a version look like into `golden/`, once, before that version is released: `node
 * make-golden.ts 2`. `rows-v<version>.sql` beside it is written by hand. Never made again: a released step is not edited.
 */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { quietContext } from '@holdfast/core/context'
import { migrate } from '../migration/migrate.ts'
import { openPostgresStore } from '../store/open-postgres-store.ts'
import { openSqliteStore } from '../store/open-sqlite-store.ts'
import { openTestPlaces } from './test-places.ts'

const version = Number(process.argv[2])
const golden = join(import.meta.dirname, '../golden')
const ctx = quietContext()
await using places = await openTestPlaces({ withServer: true })

const file = places.sqlite()
const sqlite = await openSqliteStore(file.path, ctx)
await migrate(sqlite, version)
await sqlite.close()
using database = new DatabaseSync(file.path)
const statements = database
  .prepare("select sql from sqlite_schema where sql is not null and name not like 'sqlite_%' order by rowid")
  .all()
  .map((row) => `${String(row.sql)};`)
const versionRow = `insert into catalogue_version (version) values (${version});`
writeFileSync(join(golden, `sqlite-v${version}.sql`), `${[...statements, versionRow].join('\n')}\n`)

const place = await places.postgres()
const postgres = openPostgresStore(place, ctx)
await migrate(postgres, version)
await postgres.close()
const dump = execFileSync('pg_dump', ['--inserts', '--no-owner', '--no-comments', place.connection], {
  encoding: 'utf8',
})
const lines = dump
  .split('\n')
  .filter((line) => line !== '' && !/^(?:--|\\|SET |SELECT pg_catalog.set_config)/.test(line))
writeFileSync(join(golden, `postgresql-v${version}.sql`), `${lines.join('\n')}\n`)
