import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { connectMysql } from '../../connection/connect.ts'
import { type MariadbServer, startMariadb } from '../../testing/mariadb-server.ts'
import { localClient, readBackup, wholeSelection } from '../../testing/read-backup.ts'
import type { DumpSelection } from '../logical-manifest.ts'
import type { LogicalFiles } from '../restore/logical-restore.ts'
import { planLogicalRestore } from '../restore/plan-logical-restore.ts'
import { restoreLogical } from '../restore/restore-logical.ts'
import { makeBank, startTransfers } from '../testing/bank.ts'

const ctx = quietContext()
const atOnce = { parallel: 3, smallestShareBytes: 64 << 10, lockWaitMs: 120_000 }
let server: MariadbServer
let fresh: MariadbServer

beforeAll(async () => {
  ;[server, fresh] = await Promise.all([startMariadb(), startMariadb({ serverId: 2 })])
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await fresh[Symbol.asyncDispose]()
})

/** Programs that do something else when they are asked for rows of a part of a table. */
async function toolThat(doesInstead: string) {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-tools-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  const script = `#!/bin/sh\ncase "$*" in *--where=*'>='*) ${doesInstead};; esac\nexec /usr/bin/mariadb-dump "$@"\n`
  await writeFile(join(directory, 'mariadb-dump'), script, { mode: 0o755 })
  return { ...localClient, binaries: { directories: [directory], path: '' } }
}

/** None of ours is left, so that no lock is either. */
async function expectNobodyThere(): Promise<void> {
  const others = 'SELECT id FROM information_schema.processlist WHERE id <> CONNECTION_ID() AND host <> ""'
  await expect.poll(() => server.sql(others)).toEqual([])
}

async function restoreAll(files: LogicalFiles): Promise<void> {
  const request = {
    target: fresh.target(),
    client: localClient,
    databases: [],
    tables: [],
    replaces: 'all',
    users: false,
  } as const
  const { checks } = await restoreLogical(files, await planLogicalRestore(files.manifest, request, ctx), ctx)
  expect(checks.filter(({ verdict }) => verdict !== 'passed')).toEqual([])
}

const rowsOf = async (files: LogicalFiles, database: string): Promise<string[]> => {
  const parts: Uint8Array[] = []
  for await (const bytes of files.database(database, ctx)) parts.push(bytes)
  const lines = Buffer.concat(parts).toString().split('\n')
  return lines.filter((line) => line.startsWith('(')).map((line) => line.replace(/[,;]$/, ''))
}

it('is of one instant while money is moved between tables, and its place in the log belongs to it', async () => {
  await makeBank(server)
  await using transfers = await startTransfers(server)
  for (let round = 0; round < 2; round++) {
    const { manifest, files } = await readBackup(server.target(), atOnce)
    expect(manifest.findings).toEqual([])
    await restoreAll(files)
    expect(await transfers.sums(fresh)).toEqual(transfers.expected)
    // each transfer is one row, and one transaction of the log
    const { gtid = '' } = manifest.position ?? {}
    expect(await fresh.sql('SELECT COUNT(*) FROM bank1.moves')).toEqual([[String(transfers.countAt(gtid))]])
  }
  await transfers.stop()
  const [{ manifest, files }, alone] = [await readBackup(server.target(), atOnce), await readBackup(server.target())]
  for (const { name } of manifest.fingerprint.databases) {
    expect(await rowsOf(files, name)).toEqual(await rowsOf(alone.files, name))
  }
  expect(manifest.fingerprint.databases.map(({ bytes: _bytes, ...other }) => other)).toEqual(
    alone.manifest.fingerprint.databases.map(({ bytes: _bytes, ...other }) => other),
  )
  expect(manifest.position).toEqual(alone.manifest.position)
  await expectNobodyThere()
})

it('keeps triggers behind the rows, events behind the tables, and one table can be restored from it', async () => {
  await server.sql([
    'CREATE SEQUENCE bank1.numbers',
    'CREATE TRIGGER bank1.tr BEFORE INSERT ON bank1.large FOR EACH ROW SET NEW.balance = NEW.balance + 1',
    'CREATE VIEW bank2.v AS SELECT COUNT(*) AS n FROM bank1.large',
    'CREATE PROCEDURE bank1.p() SELECT 1',
    'CREATE EVENT bank2.e ON SCHEDULE EVERY 1 DAY DO SELECT 1',
    'CREATE TABLE bank1.none (i int)',
    'INSERT INTO bank1.large (id, balance, note) VALUES (-5, 0, "negative")',
  ])
  const { manifest, files } = await readBackup(server.target(), {
    ...atOnce,
    selection: { ...wholeSelection, excludeTables: ['bank1.moves'] },
  })
  await restoreAll(files)
  const content = 'SELECT COUNT(*), SUM(balance), SUM(CRC32(note)), MIN(id) FROM bank1.large'
  expect(await fresh.sql(content)).toEqual(await server.sql(content))
  expect(await fresh.sql('SELECT n FROM bank2.v')).toEqual(await server.sql('SELECT n FROM bank2.v'))
  expect(await fresh.sql('SELECT NEXTVAL(bank1.numbers)')).toEqual([['1']])
  expect(await fresh.sql("SHOW TABLES FROM bank1 LIKE 'moves'")).toEqual([])
  const one = {
    target: fresh.target(),
    client: localClient,
    databases: ['bank1'],
    tables: ['large'],
    replaces: [],
    users: false,
    into: 'beside',
  }
  const { checks } = await restoreLogical(files, await planLogicalRestore(manifest, one, ctx), ctx)
  expect(checks).toMatchObject([{ name: 'rows', verdict: 'passed' }])
  expect(await fresh.sql('SHOW TABLES FROM beside')).toEqual([['large']])
  expect((await fresh.sql('SHOW TRIGGERS FROM beside')).map(([name]) => name)).toEqual(['tr'])
})

it('promises no views of a database of which all are left out', async () => {
  await server.sql('CREATE VIEW bank1.w AS SELECT 1 AS one')
  const chosen = async (selection: Partial<DumpSelection>) => {
    const { manifest, files } = await readBackup(server.target(), {
      ...atOnce,
      selection: { ...wholeSelection, ...selection },
    })
    expect(manifest.findings).toEqual([])
    return { views: manifest.fingerprint.databases.flatMap(({ views }) => views), files }
  }
  expect((await chosen({ excludeTables: ['bank1.w', 'bank2.v'] })).views).toEqual([])
  expect((await chosen({ tables: ['bank1.large'] })).views).toEqual([])
  const { views, files } = await chosen({ excludeTables: ['bank1.w'] })
  expect(views).toEqual(['v'])
  expect([await files.views('bank1', ctx), await files.views('bank2', ctx)]).toEqual([undefined, expect.anything()])
  await server.sql('DROP VIEW bank1.w')
})

it('fails with the first program that fails, and leaves neither programs nor a lock', async () => {
  const client = await toolThat('/usr/bin/mariadb-dump "$@" | head -c 9000; echo "Error: gone" >&2; exit 2')
  await expect(readBackup(server.target(), { ...atOnce, client })).rejects.toThrow(/exit code 2;.*Error: gone/)
  await expectNobodyThere()
  const short = await toolThat(
    `case "$*" in *'<'*) ;; *) /usr/bin/mariadb-dump "$@" | grep -v 'Dump completed'; exit;; esac`,
  )
  await expect(readBackup(server.target(), { ...atOnce, client: short })).rejects.toThrow('last line is missing')
  await expectNobodyThere()
})

it('goes on with one program, and says why, when it gets no lock or its programs do not begin', async () => {
  const short = { ...atOnce, lockWaitMs: 3000 }
  const why = async (options: Parameters<typeof readBackup>[1], user?: string): Promise<string | undefined> => {
    const { manifest } = await readBackup(server.target(user), options)
    return manifest.findings.find(({ code }) => code === 'MYSQL_DUMP_NOT_PARALLEL')?.message
  }
  const other = await connectMysql(server.target(), ctx)
  await other.query('BACKUP STAGE START', ctx)
  expect(await why(short)).toContain('other statements did not let it in 3.0s')
  await other[Symbol.asyncDispose]()
  expect(await why({ ...short, client: await toolThat('sleep 60; exit 1') })).toContain(
    'its programs did not begin in 3.0s',
  )
  await server.sql([
    "CREATE USER weak@'%'",
    "GRANT SELECT, SHOW VIEW, TRIGGER, EVENT, LOCK TABLES, BINLOG MONITOR ON *.* TO weak@'%'",
  ])
  expect(await why(atOnce, 'weak')).toContain('RELOAD')
  expect(await why({ ...atOnce, smallestShareBytes: 1 << 30 })).toBe(undefined)
  await expectNobodyThere()
})

it('goes on with one program when the server refuses a connection to one of several', async () => {
  // this session, the lock's, and less than the programs need
  await server.sql(["CREATE USER few@'%' WITH MAX_USER_CONNECTIONS 3", "GRANT ALL ON *.* TO few@'%'"])
  const { manifest, files } = await readBackup(server.target('few'), atOnce)
  expect(manifest.findings).toMatchObject([
    {
      code: 'MYSQL_DUMP_NOT_PARALLEL',
      message: expect.stringContaining('one of several failed: ended with exit code 2; Got error: 1226'),
    },
  ])
  expect(await rowsOf(files, 'bank1')).toEqual(await rowsOf((await readBackup(server.target())).files, 'bank1'))
  await expectNobodyThere()
})

it('holds its lock no longer than its process lives', async () => {
  const { binaries } = await toolThat('sleep 60; exit 1')
  const program = join(import.meta.dirname, '../../testing/read-backup.ts')
  const options = { ...atOnce, lockWaitMs: 120_000, client: { ...localClient, binaries } }
  const script = `import { readBackup } from ${JSON.stringify(program)}
    await readBackup(${JSON.stringify(server.target())}, ${JSON.stringify(options)})`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'ignore' })
  const write = () => server.sql(['SET SESSION lock_wait_timeout = 1', 'INSERT INTO bank1.none VALUES (1)'])
  const refused = (): Promise<string> => write().then(String, ({ message }: Error) => message)
  await expect.poll(refused, { interval: 5 }).toContain('Lock wait timeout')
  expect(child.exitCode).toBe(null)
  child.kill('SIGKILL')
  // long before its programs end, which live on
  await expect.poll(write, { timeout: 30_000 }).toEqual([])
})

it('lets nobody write until all programs have ended, when that was asked for', async () => {
  const write = () => server.sql(['SET SESSION lock_wait_timeout = 1', 'INSERT INTO bank1.none VALUES (1)'])
  const during = async () => expect(await write().catch((error: Error) => error.message)).toContain('Lock wait timeout')
  expect((await readBackup(server.target(), { ...atOnce, lockAllTables: true }, during)).manifest.findings).toEqual([])
  await write()
})
