import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type PostgresServer, startPostgres } from '@holdfast/connectors/postgresql/testing/postgres-server'
import type { CataloguePlace } from '../open-catalogue.ts'

type PostgresPlace = CataloguePlace & { readonly type: 'postgresql' }

/** Places for catalogues of tests: files in a directory of their own, and databases of one PostgreSQL server. */
export interface TestPlaces extends AsyncDisposable {
  readonly directory: string
  readonly server: PostgresServer | undefined
  /** another one each time: with nothing, or with what `prepare` made once */
  sqlite(): CataloguePlace & { readonly type: 'sqlite' }
  postgres(prepare?: (place: PostgresPlace) => Promise<void>): Promise<PostgresPlace>
}

export async function openTestPlaces({ withServer }: { readonly withServer: boolean }): Promise<TestPlaces> {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-catalogue-'))
  const server = withServer ? await startPostgres() : undefined
  let made = 0
  const templates = new Map<unknown, Promise<string>>()
  const createDatabase = async (template = 'template1'): Promise<string> => {
    if (server === undefined) throw new Error('these places were opened without a server')
    const database = `catalogue_${++made}`
    await server.sql(`CREATE DATABASE ${database} TEMPLATE ${template}`)
    return database
  }
  const placeOf = (database: string): PostgresPlace => ({
    type: 'postgresql',
    connection: server?.url('postgres', database) ?? '',
    // simulated time, in all of these tests
    clock: 'context',
  })
  return {
    directory,
    server,
    sqlite: () => ({ type: 'sqlite', path: join(directory, `catalogue-${++made}.db`) }),
    async postgres(prepare = async () => {}) {
      const prepared = async (): Promise<string> => {
        const database = await createDatabase()
        await prepare(placeOf(database))
        return database
      }
      const template = templates.get(prepare) ?? prepared()
      templates.set(prepare, template)
      return placeOf(await createDatabase(await template))
    },
    async [Symbol.asyncDispose]() {
      await server?.[Symbol.asyncDispose]()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
