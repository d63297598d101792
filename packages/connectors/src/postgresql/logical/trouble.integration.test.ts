import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { quietContext } from '@holdfast/core/context'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectPostgres } from '../connection/connect.ts'
import { parsePostgresTarget } from '../connection/parse-target.ts'
import { hasPostgres, type PostgresServer, startPostgres } from '../testing/postgres-server.ts'
import { ArchiveReader } from './archive/archive-reader.ts'
import { backupLogical } from './backup-logical.ts'
import type { LogicalBackupOptions } from './logical-backup.ts'
import { everything, localClient, readBackup } from './testing/read-backup.ts'

const hasNewer = await hasPostgres(18)
/** HOLDFAST_TEST_TABLES makes it more */
const tables = Number(process.env['HOLDFAST_TEST_TABLES'] ?? 1500)

let server: PostgresServer

beforeAll(async () => {
  server = await startPostgres({
    hba: ['local all reader trust', 'host all guarded 127.0.0.1/32 scram-sha-256', 'host all all 127.0.0.1/32 trust'],
  })
  // more than the pipe and what is read ahead can hold
  await server.sql('CREATE TABLE large AS SELECT i, repeat(md5(i::text), 10) AS x FROM generate_series(1, 180000) i')
})

afterAll(() => server[Symbol.asyncDispose]())

/** Reads until the dump has begun, does something, reads on. */
async function disturbed(
  options: Partial<LogicalBackupOptions>,
  disturb: () => unknown,
  from: PostgresServer = server,
): Promise<void> {
  const ctx = quietContext()
  const limits = { parallel: 1, silenceLimitMs: 60_000, lockWaitMs: 60_000, checksums: false, toolVersion: '0' }
  const fixed = { source: 'shop', selection: everything, client: localClient, ...limits }
  await using backup = await backupLogical(from.target(), { ...fixed, ...options }, ctx)
  for await (const entry of backup.entries) {
    if (entry.kind !== 'file' || entry.content.type !== 'stream') continue
    let isFirst = true
    for await (const bytes of entry.content.chunks) {
      if (isFirst && bytes.length > 0) await disturb()
      isFirst = false
    }
  }
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** The pg_dump that a test started: a child of this process with our application name. */
function dumpProcess(): number {
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const [, parent] = /\) \S (\d+) /.exec(readFileSync(`/proc/${name}/stat`, 'utf8')) ?? []
      const isOurs = readFileSync(`/proc/${name}/environ`, 'utf8').includes('PGAPPNAME=holdfast-dump-')
      if (Number(parent) === process.pid && isOurs) return Number(name)
    } catch {
      // ended meanwhile
    }
  }
  throw new Error('pg_dump does not run')
}

describe('a dump that is disturbed is no backup', () => {
  it('when pg_dump is killed', async () => {
    const failing = disturbed({}, () => process.kill(dumpProcess(), 'SIGKILL'))
    await expect(failing).rejects.toMatchObject({
      code: 'POSTGRES_DUMP_FAILED',
      message: expect.stringContaining('SIGKILL'),
    })
  })

  it('when pg_dump hangs, which is then killed', async () => {
    let pid = 0
    const failing = disturbed({ silenceLimitMs: 4_000 }, () => process.kill((pid = dumpProcess()), 'SIGSTOP'))
    await expect(failing).rejects.toMatchObject({
      code: 'POSTGRES_DUMP_FAILED',
      message: expect.stringContaining('wrote nothing for 4.0s'),
    })
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  })

  it('when the reader is slow, it is one all the same', async () => {
    await expect(disturbed({ silenceLimitMs: 3_000 }, () => pause(4_500))).resolves.toBeUndefined()
  })

  it('when the server is killed', async () => {
    await using other = await startPostgres()
    await other.sql('CREATE TABLE large AS SELECT i, repeat(md5(i::text), 10) AS x FROM generate_series(1, 180000) i')
    const failing = disturbed({}, () => other.kill(), other)
    await expect(failing).rejects.toMatchObject({
      code: expect.stringMatching(/^POSTGRES_(DUMP_FAILED|CONNECTION_LOST)/),
    })
  })

  it('when it is interrupted, and leaves no process behind', async () => {
    const stop = new AbortController()
    const ctx = quietContext({ signal: stop.signal })
    let pid = 0
    const reading = (async () => {
      const limits = { parallel: 1, silenceLimitMs: 60_000, lockWaitMs: 60_000, checksums: false, toolVersion: '0' }
      const options = { source: 'shop', selection: everything, client: localClient, ...limits }
      await using backup = await backupLogical(server.target(), options, ctx)
      for await (const entry of backup.entries) {
        if (entry.kind !== 'file' || entry.content.type !== 'stream') continue
        for await (const bytes of entry.content.chunks) {
          if (pid === 0 && bytes.length > 0) pid = dumpProcess()
          stop.abort(new Error('enough'))
        }
      }
    })()
    await expect(reading).rejects.toThrow(/enough|interrupted/)
    await expect.poll(() => isThere(pid)).toBe(false)
  })

  it('when a table waits for a lock for too long', async () => {
    await using other = await startPostgres()
    await other.sql('CREATE TABLE locked (x int)')
    const ctx = quietContext()
    await using holder = await connectPostgres(other.target(), { searchPath: 'role' }, ctx)
    await holder.query('BEGIN; LOCK TABLE locked IN ACCESS EXCLUSIVE MODE', ctx)
    await expect(readBackup(other.target(), { lockWaitMs: 500 })).rejects.toMatchObject({
      code: 'POSTGRES_DUMP_FAILED',
    })
  })
})

describe('what the role may not do', () => {
  it('fails the backup when one table cannot be read, and names it', async () => {
    await server.sql(
      `CREATE ROLE reader LOGIN; GRANT pg_read_all_data TO reader; GRANT CONNECT ON DATABASE postgres TO reader`,
    )
    const target = { ...server.target(), user: 'reader' }
    expect((await readBackup(target)).manifest.hasRolePasswords).toBe(true)
    await server.sql('REVOKE pg_read_all_data FROM reader; GRANT SELECT ON large TO reader')
    const { manifest } = await readBackup(target)
    expect(manifest.hasRolePasswords).toBe(false)
    expect(manifest.warnings.join()).toContain('no passwords')
    await server.sql('CREATE TABLE closed (x int)')
    await expect(readBackup(target)).rejects.toMatchObject({
      code: 'POSTGRES_DUMP_FAILED',
      message: expect.stringContaining('closed'),
    })
    await server.sql('DROP TABLE closed')
  })

  it('is told apart from a wrong password', async () => {
    await server.sql(`CREATE ROLE guarded LOGIN SUPERUSER PASSWORD 'right one'`)
    const hosts = [{ host: '127.0.0.1', port: server.port }]
    const target = { ...server.target(), hosts, user: 'guarded' }
    await expect(readBackup({ ...target, password: 'wrong' })).rejects.toMatchObject({
      code: 'POSTGRES_PASSWORD_WRONG',
    })
    const kept = await readBackup({ ...target, password: 'right one' })
    expect(kept.manifest.hasRolePasswords).toBe(true)
  })
})

describe('the way to the server', () => {
  it('is as well protected for pg_dump as for ourselves: by the same certificates', async () => {
    await using guarded = await startPostgres({
      tls: 'sha256',
      hba: ['hostssl all certified 127.0.0.1/32 cert', 'local all reader reject'],
    })
    await guarded.sql('CREATE ROLE certified LOGIN SUPERUSER; CREATE TABLE t AS SELECT 1 AS x')
    const { certificate, key } = await guarded.certificates.client('certified')
    const files = `sslmode=verify-full sslrootcert=${guarded.certificates.root} sslcert=${certificate} sslkey=${key}`
    const surroundings = { variable: () => undefined, homeDirectory: '/nonexistent', userName: 'nobody' }
    const text = `host=127.0.0.1 port=${guarded.port} user=certified dbname=postgres ${files}`
    const { manifest } = await readBackup(parsePostgresTarget(text, surroundings, quietContext()))
    expect(manifest.fingerprint.databases[0]?.tables).toEqual([{ schema: 'public', name: 't', rows: '1' }])
  })
})

describe('unusual databases', () => {
  it(`are dumped empty, with ${tables} tables, and under changes`, async () => {
    await using other = await startPostgres({ settings: { max_locks_per_transaction: 256 } })
    await other.sql('CREATE DATABASE nothing')
    await other.sql(
      `DO $$ BEGIN FOR i IN 1..${tables} LOOP EXECUTE format('CREATE TABLE t%s AS SELECT %s AS x', i, i); END LOOP; END $$`,
    )
    await other.sql('CREATE TABLE busy AS SELECT 1 AS x')
    const state = { isOver: false }
    const writing = (async () => {
      while (!state.isOver) await other.sql('INSERT INTO busy SELECT x FROM busy LIMIT 1000; UPDATE t7 SET x = x + 1')
    })()
    const { manifest } = await readBackup(other.target(), { checksums: true })
    state.isOver = true
    await writing
    const [empty, full] = manifest.fingerprint.databases
    expect(empty).toMatchObject({ name: 'nothing', tables: [], sequences: [], largeObjects: 0 })
    expect(full?.tables.length).toBe(tables + 1)
  })

  it('are dumped from a standby', async () => {
    await using primary = await startPostgres()
    await primary.sql('CREATE TABLE t AS SELECT 1 AS x; CREATE UNLOGGED TABLE u AS SELECT 1 AS x')
    await using standby = await primary.standby()
    await expect.poll(async () => (await standby.sql(`SELECT to_regclass('u')`))[0]?.[0]).toBe('u')
    const { manifest } = await readBackup(standby.target())
    expect(manifest.server.inRecovery).toBe(true)
    expect(manifest.fingerprint.databases[0]?.tables).toEqual([{ schema: 'public', name: 't', rows: '1' }])
  })

  it.runIf(hasNewer)('of a newer server need a newer pg_dump', async () => {
    await using newer = await startPostgres({ major: 18 })
    await expect(readBackup(newer.target())).rejects.toMatchObject({
      code: 'POSTGRES_TOOL_MISSING',
      message: expect.stringContaining('no pg_dump 18 or newer'),
    })
  })

  it('are unknown', async () => {
    const selection = { ...everything, databases: ['nowhere'] }
    await expect(readBackup(server.target(), { selection })).rejects.toMatchObject({
      code: 'POSTGRES_DATABASE_UNKNOWN',
    })
  })
})

describe('a dump that was cut', () => {
  it('is refused wherever it ends', async () => {
    await using other = await startPostgres()
    await other.sql(
      `CREATE TABLE a AS SELECT i FROM generate_series(1, 50) i; CREATE TABLE b (x text); SELECT lo_create(0)`,
    )
    const { files } = await readBackup(other.target())
    const whole = files.get('postgresql/shop/databases/postgres.dump') ?? Buffer.alloc(0)
    const accepted: number[] = []
    for (let length = 0; length <= whole.length; length++) {
      const reader = new ArchiveReader('it')
      try {
        for (let at = 0; at < length; at += 37) reader.push(whole.subarray(at, Math.min(length, at + 37)))
        reader.finish()
        accepted.push(length)
      } catch (error) {
        expect(error).toMatchObject({ code: 'POSTGRES_DUMP_UNREADABLE' })
      }
    }
    expect(accepted).toEqual([whole.length])
  })
})
