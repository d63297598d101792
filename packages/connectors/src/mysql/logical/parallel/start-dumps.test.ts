import { quietContext } from '@holdfast/core/context'
import { expect, it } from 'vitest'
import type { TextRows } from '../../connection/connection.ts'
import { localClient, wholeSelection } from '../../testing/read-backup.ts'
import type { DumpRun } from '../dump-run.ts'
import type { DumpSelection } from '../logical-manifest.ts'
import type { DatabaseStructure } from '../read-structure.ts'
import { startDumps } from './start-dumps.ts'

const namesOf = (count: number): string[] => Array.from({ length: count }, (_none, at) => `t${10_000 + at}`)

const database = (name: string, tables: readonly string[], views: readonly string[] = []): DatabaseStructure => ({
  ...{ name, characterSet: 'utf8mb4', collation: 'utf8mb4_bin', views, routines: [], triggers: [], events: [] },
  tables: tables.map((table) => ({ name: table, engine: 'InnoDB' })),
})

/** At a server that tells of these databases, and answers nothing else; no program and no lock can be had. */
function runOf(databases: readonly DatabaseStructure[], selection: DumpSelection): DumpRun {
  const version = { family: 'mariadb', text: '10.11.19', number: 101_119 } as const
  const sizes = databases.flatMap(({ name, tables }) => tables.map((table) => [name, table.name, '1000']))
  const query = async (sql: string): Promise<TextRows> => (sql.includes('data_length') ? sizes : [])
  const nowhere = { host: '127.0.0.1', port: 1, user: 'u', passwordInText: false, connectTimeoutMs: 1000 }
  return {
    target: { ...nowhere, tls: { mode: 'disabled' } },
    options: {
      ...{ source: 'shop', selection, client: localClient, silenceLimitMs: 1000, lockAllTables: false },
      ...{ parallel: 2, smallestShareBytes: 1, toolVersion: '0' },
    },
    session: {
      ...{ host: 'db', user: 'u', version, query, value: async () => null, record: async () => undefined },
      [Symbol.asyncDispose]: async () => {},
    },
    tool: { program: '/nonexistent/mariadb-dump', family: 'mariadb', version: '10.11.19' },
    facts: {
      ...{
        family: 'mariadb',
        version: '10.11.19',
        versionNumber: 101_119,
        serverId: 1,
        characterSet: '',
        collation: '',
      },
      ...{ lowerCaseTableNames: 0, sqlMode: '', writesBinlog: true },
    },
    databases,
    startedAt: '2026-01-01T00:00:00Z',
  }
}

it('leaves it to one program when the arguments, as they are passed, name too many tables', async () => {
  const manyTables = runOf([database('d', namesOf(80_000))], wholeSelection)
  const leftOut = [database('d', ['a', 'b']), database('e', [], namesOf(40_000))]
  const few = runOf(leftOut, { ...wholeSelection, tables: ['d.a', 'd.b'] })
  for (const run of [manyTables, few]) {
    await using started = await startDumps(run, quietContext())
    expect(started).toMatchObject({
      dumps: undefined,
      findings: [{ message: expect.stringContaining('too many tables to name in arguments') }],
    })
  }
})
