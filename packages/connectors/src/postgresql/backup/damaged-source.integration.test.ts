import { cpSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type PostgresServer, startPostgres } from '../testing/postgres-server.ts'
import { quietContext } from '@holdfast/core/context'
import { readAway, startBackup } from './backup-fixture.ts'
import { backupPhysical } from './backup-physical.ts'
import { restoreBackup } from './restored-backup-fixture.ts'

const methods = ['wire', 'direct'] as const

/** Changes one byte of a block on the disk, and nothing in the server's memory. */
async function damage(server: PostgresServer, table: string, block: number): Promise<void> {
  await server.sql('CHECKPOINT')
  const [[path] = []] = await server.sql(`SELECT pg_relation_filepath('${table}')`)
  const file = openSync(join(server.dataDirectory, path ?? ''), 'r+')
  const byte = Buffer.alloc(1)
  readSync(file, byte, 0, 1, block * 8192 + 5000)
  writeSync(file, Buffer.of((byte[0] ?? 0) ^ 0x10), 0, 1, block * 8192 + 5000)
}

describe.each(methods)('by the %s method, a damaged page', (method) => {
  it('is a finding that names the relation and the block, and the backup goes on', async () => {
    await using server = await startPostgres({})
    await server.sql('CREATE SCHEMA sales; CREATE TABLE sales.orders AS SELECT generate_series(1, 100000) AS id')
    await damage(server, 'sales.orders', 17)
    await damage(server, 'pg_catalog.pg_authid', 0)
    const backup = await startBackup(server, { method })
    await using restored = await restoreBackup(backup, server)
    const manifest = backup.manifest()
    expect(manifest?.pagesBad).toBe(2)
    expect(manifest?.findings.map(({ relation, block }) => ({ relation, block }))).toEqual(
      expect.arrayContaining([
        { relation: 'postgres.sales.orders', block: 17 },
        { relation: 'pg_catalog.pg_authid', block: 0 },
      ]),
    )
    expect(manifest?.findings[0]?.message).toMatch(/^block \d+ is damaged: its checksum is \d+, its content gives \d+/)
    expect(restored.order.at(-1)).toBe('postgresql/shop/manifest.json')
  })

  it('is none when pages are not to be verified, or have no checksums', async () => {
    await using server = await startPostgres({ dataChecksums: false })
    await server.sql('CREATE TABLE t AS SELECT generate_series(1, 10000) AS id')
    await damage(server, 't', 3)
    await using restored = await restoreBackup(await startBackup(server, { method }), server)
    expect(restored.order).not.toEqual([])
    await using checked = await startPostgres({})
    await checked.sql('CREATE TABLE t AS SELECT generate_series(1, 10000) AS id')
    await damage(checked, 't', 3)
    const backup = await startBackup(checked, { method, verifyPages: false })
    expect((await readAway(backup)).pagesBad).toBe(0)
  })
})

describe('over the wire', () => {
  let server: PostgresServer
  const proxies: Server[] = []

  beforeAll(async () => {
    server = await startPostgres({})
    await server.sql(`CREATE TABLE t AS SELECT i AS id, 'the-marker-' || i AS text FROM generate_series(1, 200000) i`)
    return () => server[Symbol.asyncDispose]()
  })

  afterEach(() => {
    for (const proxy of proxies.splice(0)) proxy.close()
  })

  /** A way to the server that does something to what the server sends. */
  async function through(
    change: (bytes: Buffer, total: number) => Buffer | 'cut',
  ): Promise<Parameters<typeof backupPhysical>[0]> {
    const proxy = createServer((client) => {
      const upstream = connect(server.port, '127.0.0.1')
      let total = 0
      client.on('data', (bytes) => upstream.write(bytes))
      upstream.on('data', (bytes) => {
        total += bytes.length
        const changed = change(bytes, total)
        if (changed === 'cut') client.destroy()
        else client.write(changed)
      })
      for (const [one, other] of [[client, upstream] as const, [upstream, client] as const]) {
        one.on('error', () => other.destroy())
        one.on('close', () => other.destroy())
      }
    })
    proxies.push(proxy)
    await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done))
    const address = proxy.address()
    if (typeof address !== 'object' || address === null) throw new Error('no address')
    return { ...server.target(), hosts: [{ host: '127.0.0.1', port: address.port }] }
  }

  const options = {
    source: 'shop',
    checkpoint: 'fast',
    method: 'wire',
    verifyPages: false,
    label: 'x',
    toolVersion: '0',
  } as const

  it('content altered on its way is no backup', async () => {
    const state = { altered: false }
    const target = await through((bytes) => {
      const at = bytes.indexOf('the-marker-7')
      if (at === -1 || state.altered || bytes.length < 4096) return bytes
      state.altered = true
      const copy = Buffer.from(bytes)
      copy.write('X', at)
      return copy
    })
    const backup = await backupPhysical(target, options, quietContext())
    await expect(readAway(backup)).rejects.toMatchObject({
      code: 'POSTGRES_BACKUP_INCOMPLETE',
      message: expect.stringMatching(/the content of base\/\d+\/\d+ is not what the server read/),
    })
    expect(state.altered).toBe(true)
    expect(backup.manifest()).toBeUndefined()
  })

  it('an altered manifest is no backup', async () => {
    const before = '"Size": '
    // any of a thousand: one of them may come in two pieces
    const target = await through((bytes) => {
      const at = bytes.lastIndexOf(before, bytes.length - before.length - 1) + before.length
      if (at < before.length) return bytes
      const copy = Buffer.from(bytes)
      copy.write(copy[at] === 0x34 ? '5' : '4', at)
      return copy
    })
    const backup = await backupPhysical(target, options, quietContext())
    await expect(readAway(backup)).rejects.toMatchObject({ code: 'BACKUP_MANIFEST_INVALID' })
  })

  it.each([3_000_000, 20_000_000])('a connection cut after %i bytes is no backup', async (limit) => {
    const target = await through((bytes, total) => (total > limit ? 'cut' : bytes))
    const backup = await backupPhysical(target, options, quietContext())
    await expect(readAway(backup)).rejects.toMatchObject({ code: 'POSTGRES_CONNECTION_LOST' })
    expect(backup.manifest()).toBeUndefined()
  })

  it('left before its end, it leaves neither slot nor session behind', async () => {
    const backup = await startBackup(server)
    for await (const entry of backup.entries) if (entry.kind === 'file') break
    const state = `SELECT (SELECT count(*) FROM pg_replication_slots) + (SELECT count(*) FROM pg_stat_replication)`
    await expect.poll(() => server.sql(state)).toEqual([['0']])
  })
})

describe.each(methods)('by the %s method, a server killed', (method) => {
  it('in the middle of a backup makes it fail', async () => {
    await using server = await startPostgres({})
    await server.sql('CREATE TABLE t AS SELECT generate_series(1, 300000) AS id')
    const backup = await startBackup(server, { method })
    let files = 0
    const read = async (): Promise<void> => {
      for await (const entry of backup.entries) {
        if (entry.kind === 'file' && entry.content.type === 'stream') {
          for await (const bytes of entry.content.chunks) void bytes
        }
        if (++files === 100) await server.kill()
      }
    }
    await expect(read()).rejects.toMatchObject({ name: 'AppError', retryable: true })
    expect(backup.manifest()).toBeUndefined()
  })
})

describe('the direct method', () => {
  it('refuses a directory that is not the one of the server it talks to', async () => {
    await using server = await startPostgres({})
    await using other = await startPostgres({})
    const code = 'POSTGRES_DATA_DIRECTORY_WRONG'
    const start = (dataDirectory: string): Promise<unknown> => startBackup(server, { method: 'direct', dataDirectory })
    await expect(start(other.dataDirectory)).rejects.toMatchObject({
      code,
      message: expect.stringContaining('it holds the cluster'),
    })
    await expect(start('/nowhere')).rejects.toMatchObject({ code })
    const copy = `${server.dataDirectory}-copy`
    cpSync(server.dataDirectory, copy, { recursive: true })
    rmSync(join(copy, 'postmaster.pid'))
    await expect(start(copy)).rejects.toMatchObject({ code, message: expect.stringContaining('no server runs on it') })
    await using standby = await server.standby()
    await expect(start(standby.dataDirectory)).rejects.toMatchObject({
      code,
      message: expect.stringContaining('another server'),
    })
    expect(await server.sql('SELECT count(*) FROM pg_replication_slots')).toEqual([['0']])
  })
})

describe('a role', () => {
  it('without the privilege for a method is told which one, and nothing stays behind', async () => {
    await using server = await startPostgres({})
    await server.sql('CREATE ROLE plain LOGIN; CREATE ROLE replicator LOGIN REPLICATION')
    const as = (user: string): Parameters<typeof backupPhysical>[0] => ({ ...server.target(), user })
    const options = { source: 'shop', checkpoint: 'fast', verifyPages: true, label: 'x', toolVersion: '0' } as const
    const wire = await backupPhysical(as('plain'), { ...options, method: 'wire' }, quietContext())
    await expect(readAway(wire)).rejects.toMatchObject({
      code: 'POSTGRES_PRIVILEGE_MISSING',
      hint: expect.stringContaining('ALTER ROLE "plain" REPLICATION'),
    })
    const direct = { ...options, method: 'direct', dataDirectory: server.dataDirectory } as const
    await expect(backupPhysical(as('replicator'), direct, quietContext())).rejects.toMatchObject({
      code: 'POSTGRES_PRIVILEGE_MISSING',
    })
    const replicated = await backupPhysical(as('replicator'), { ...options, method: 'wire' }, quietContext())
    await expect(readAway(replicated)).resolves.toMatchObject({ type: 'postgresql' })
    expect(await server.sql('SELECT count(*) FROM pg_replication_slots')).toEqual([['0']])
  })
})
