/** What a session does with real servers of every version that this machine has. */
import { quietContext } from '@holdfast/core/context'
import type { Event } from '@holdfast/core/events/event'
import { isAppError } from '@holdfast/core/errors/app-error'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasPostgres, type PostgresServer, startPostgres } from '../testing/postgres-server.ts'
import { connectPostgres } from './connect.ts'
import type { StreamItem } from './connection.ts'
import { quoteIdentifier, quoteLiteral } from './quote.ts'
import { sqlStateOf } from './server-error.ts'

const ctx = quietContext()
const majors = [13, 14, 15, 16, 17, 18]
const present = new Set<number>()
for (const major of majors) if (await hasPostgres(major)) present.add(major)

/** What an operation fails with: the code of the error, and what the tests compare besides. */
async function failure(
  work: Promise<unknown>,
): Promise<{ code: string; message: string; hint: string; state: string }> {
  try {
    await work
  } catch (error) {
    if (!isAppError(error)) throw error
    return { code: error.code, message: error.message, hint: error.hint, state: sqlStateOf(error) ?? '' }
  }
  throw new Error('nothing failed')
}

/** Returns when the process is gone, without a turn for anything else: what it has said in its end was not read yet. */
function endBackend(pid: number): void {
  process.kill(pid, 'SIGTERM')
  const turn = new Int32Array(new SharedArrayBuffer(4))
  const isThere = (): boolean => {
    try {
      return process.kill(pid, 0)
    } catch {
      return false
    }
  }
  while (isThere()) Atomics.wait(turn, 0, 0, 1)
}

async function collect(items: AsyncIterable<StreamItem>): Promise<string[]> {
  const seen: string[] = []
  for await (const item of items) {
    const text = item.type === 'result' ? `result ${item.result.command}` : item.type
    if (text !== seen.at(-1)) seen.push(text)
  }
  return seen
}

describe.each(majors)('PostgreSQL %i', (major) => {
  let server: PostgresServer
  beforeAll(async () => {
    if (present.has(major)) server = await startPostgres({ major })
  })
  afterAll(async () => server?.[Symbol.asyncDispose]())

  it.runIf(present.has(major))('answers queries with every result set', async () => {
    await using connection = await connectPostgres(server.target(), {}, ctx)
    expect(Math.floor(connection.versionNumber / 10_000)).toBe(major)
    const results = await connection.query(
      `SELECT 1 AS one, NULL AS "no ""thing""", '한글' AS text; SELECT WHERE false; CREATE TEMPORARY TABLE t ()`,
      ctx,
    )
    expect(results).toEqual([
      { columns: ['one', 'no "thing"', 'text'], rows: [['1', null, '한글']], command: 'SELECT 1' },
      { columns: [], rows: [], command: 'SELECT 0' },
      { columns: [], rows: [], command: 'CREATE TABLE' },
    ])
    expect(await connection.query('', ctx)).toEqual([{ columns: [], rows: [], command: '' }])
  })

  it.runIf(present.has(major))('can be used further after an error', async () => {
    await using connection = await connectPostgres(server.target(), {}, ctx)
    const error = await failure(connection.query("SELECT 'secret' FROM missing", ctx))
    expect(error).toMatchObject({ code: 'POSTGRES_QUERY_FAILED', state: '42P01' })
    expect(error.message).not.toContain('secret')
    expect((await connection.query('SELECT 2', ctx))[0]?.rows).toEqual([['2']])
  })

  it.runIf(present.has(major))('streams a base backup and answers replication commands', async () => {
    await using connection = await connectPostgres(server.target(), { replication: 'physical' }, ctx)
    const [system] = await connection.query('IDENTIFY_SYSTEM', ctx)
    expect(system?.columns).toEqual(['systemid', 'timeline', 'xlogpos', 'dbname'])
    const command =
      major >= 15 ? "BASE_BACKUP (LABEL 'x', CHECKPOINT 'fast', MANIFEST 'no')" : "BASE_BACKUP LABEL 'x' FAST"
    const seen = await collect(connection.stream(command, ctx))
    expect(seen.slice(0, 4)).toEqual(['result SELECT', 'copy-started', 'copy-data', 'copy-ended'])
    expect(seen.at(-1)).toMatch(/^result (?:BASE_BACKUP|SELECT)$/)
    expect((await connection.query('SHOW wal_segment_size', ctx))[0]?.rows).toEqual([['16MB']])
  })

  it.runIf(present.has(major))('streams WAL both ways, and ends it in order', async () => {
    await using connection = await connectPostgres(server.target(), { replication: 'physical' }, ctx)
    const [system] = await connection.query('IDENTIFY_SYSTEM', ctx)
    const [, , position = ''] = system?.rows[0] ?? []
    const copy = await connection.copyBoth(`START_REPLICATION PHYSICAL ${position}`, ctx)
    const reply = Buffer.alloc(34)
    reply.write('r')
    reply.writeUInt8(1, 33)
    await copy.send(reply)
    for await (const bytes of copy.data) {
      expect(['k', 'w']).toContain(String.fromCharCode(bytes[0] ?? 0))
      break
    }
    // A reader that still waits when the copy is ended is let go.
    const waiting = (async () => {
      let messages = 0
      for await (const _bytes of copy.data) messages += 1
      return messages
    })()
    const results = await copy.finish()
    expect(results.map(({ command }) => command)).toContain('START_REPLICATION')
    expect(await waiting).toBeGreaterThanOrEqual(0)
    expect((await connection.query('SHOW server_version_num', ctx))[0]?.rows[0]?.[0]).toMatch(new RegExp(`^${major}`))
  })

  it.runIf(present.has(major))('copies rows in, and says what is wrong with them', async () => {
    await using connection = await connectPostgres(server.target(), { searchPath: 'role' }, ctx)
    await connection.query('CREATE TABLE IF NOT EXISTS copied (n int); TRUNCATE copied', ctx)
    const copy = await connection.copyBoth('COPY copied FROM STDIN', ctx)
    for (let at = 0; at < 1000; at += 1) await copy.send(Buffer.from(`${at}\n`))
    expect(await copy.finish()).toEqual([{ columns: [], rows: [], command: 'COPY 1000' }])
    const bad = await connection.copyBoth('COPY copied FROM STDIN', ctx)
    for (let at = 0; at < 1000; at += 1) await bad.send(Buffer.from('one\n'.repeat(1000)))
    expect(await failure(bad.finish())).toMatchObject({ code: 'POSTGRES_QUERY_FAILED', state: '22P02' })
    expect((await connection.query('SELECT count(*) FROM copied', ctx))[0]?.rows).toEqual([['1000']])
  })

  it.runIf(present.has(major))(
    'does not let settings of the role end a session, nor names be looked for where others can write',
    async () => {
      await server.sql(`DROP ROLE IF EXISTS hurried; CREATE ROLE hurried SUPERUSER LOGIN; ALTER ROLE hurried SET statement_timeout = 50;
      ALTER ROLE hurried SET idle_in_transaction_session_timeout = 50; ALTER ROLE hurried SET "DateStyle" = 'German'`)
      await using connection = await connectPostgres(
        { ...server.target(), user: 'hurried', hosts: [{ host: '127.0.0.1', port: server.port }] },
        {},
        ctx,
      )
      await connection.query('BEGIN; SELECT pg_sleep(0.1)', ctx)
      await new Promise((done) => setTimeout(done, 100))
      const [date, path] = await connection.query("SELECT date '2026-11-20'; SHOW search_path", ctx)
      expect(date?.rows).toEqual([['2026-11-20']])
      expect(path?.rows).toEqual([['']])
    },
  )

  it.runIf(present.has(major))('cancels the statement on the server when it is aborted', async () => {
    const abort = new AbortController()
    const aborting = quietContext({ signal: abort.signal })
    await using connection = await connectPostgres(server.target(), {}, ctx)
    const sleeping = failure(connection.query('SELECT pg_sleep(60)', aborting))
    setTimeout(() => abort.abort(), 100)
    expect(await sleeping).toMatchObject({ code: 'INTERRUPTED' })
    expect(await failure(connection.query('SELECT 1', ctx))).toMatchObject({ code: 'INTERRUPTED' })
    await connection[Symbol.asyncDispose]()
    const busy = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)' AND pid <> pg_backend_pid()"
    await expect.poll(() => server.sql(busy)).toEqual([['0']])
  })

  it.runIf(present.has(major))('stops a copy when it is aborted or left in its middle', async () => {
    // In the list of columns, where the rows come one by one; in FROM the server would first write them all to its disk.
    const endless = 'COPY (SELECT repeat(generate_series(1, 1000000000)::text, 100)) TO STDOUT'
    const abort = new AbortController()
    await using aborted = await connectPostgres(server.target(), {}, ctx)
    const reading = failure(
      (async () => {
        let count = 0
        for await (const item of aborted.stream(endless, quietContext({ signal: abort.signal }))) {
          if (item.type === 'copy-data' && (count += 1) === 1000) abort.abort()
        }
      })(),
    )
    expect(await reading).toMatchObject({ code: 'INTERRUPTED' })
    await using left = await connectPostgres(server.target(), {}, ctx)
    for await (const item of left.stream(endless, ctx)) if (item.type === 'copy-data') break
    expect(await failure(left.query('SELECT 1', ctx))).toMatchObject({ code: 'POSTGRES_CONNECTION_LOST' })
    const busy = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'COPY%'"
    await expect.poll(() => server.sql(busy)).toEqual([['0']])
  })

  it.runIf(present.has(major))('says that the server was shut down, or that it died', async () => {
    await using victim = await connectPostgres(server.target(), {}, ctx)
    const [result] = await victim.query('SELECT pg_backend_pid()', ctx)
    endBackend(Number(result?.rows[0]?.[0]))
    expect(await failure(victim.query('SELECT 1', ctx))).toMatchObject({ code: 'POSTGRES_SHUT_DOWN', state: '57P01' })

    await using asleep = await connectPostgres(server.target(), {}, ctx)
    const sleeping = failure(asleep.query('SELECT pg_sleep(60)', ctx))
    await new Promise((done) => setTimeout(done, 50))
    await server.kill()
    expect(await sleeping).toMatchObject({ code: 'POSTGRES_CONNECTION_LOST' })
    expect(await failure(connectPostgres(server.target(), {}, ctx))).toMatchObject({ code: 'POSTGRES_UNREACHABLE' })
    await server.start()
    expect(await server.sql('SELECT 1')).toEqual([['1']])
  })
})

describe('a session', () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server[Symbol.asyncDispose]())

  it('passes on what the server notes', async () => {
    const events: Event[] = []
    const noting = quietContext({ emit: (event) => events.push(event) })
    await using connection = await connectPostgres(server.target(), {}, ctx)
    await connection.query("DO $$ BEGIN RAISE WARNING 'careful'; RAISE NOTICE 'by the way'; END $$", noting)
    expect(events).toEqual([
      { type: 'message.noted', level: 'warning', message: expect.stringMatching(/: careful$/) },
      { type: 'message.noted', level: 'info', message: expect.stringMatching(/: by the way$/) },
    ])
  })

  it('refuses to do two things at once', async () => {
    await using connection = await connectPostgres(server.target(), {}, ctx)
    const slow = connection.query('SELECT pg_sleep(0.1)', ctx)
    await expect(connection.query('SELECT 1', ctx)).rejects.toThrow('two things at once')
    await slow
    expect(await connection.query('SELECT 1', ctx)).toHaveLength(1)
  })

  it('follows settings that change meanwhile', async () => {
    await using connection = await connectPostgres(server.target(), {}, ctx)
    await connection.query("SET TimeZone = 'Asia/Seoul'", ctx)
    expect(connection.parameters.get('TimeZone')).toBe('Asia/Seoul')
  })

  it('lets the server wait while nobody reads, so that a gigabyte needs no memory', async () => {
    await using connection = await connectPostgres(
      { ...server.target(), hosts: [{ host: '127.0.0.1', port: server.port }] },
      {},
      ctx,
    )
    const row = "SELECT repeat('x', 65536) FROM generate_series(1, 16384)"
    let received = 0
    let items = 0
    let most = 0
    const before = process.memoryUsage().rss
    for await (const item of connection.stream(`COPY (${row}) TO STDOUT`, ctx)) {
      if (item.type !== 'copy-data') continue
      received += item.bytes.length
      items += 1
      if (items % 512 === 0) {
        most = Math.max(most, process.memoryUsage().rss - before)
        // Slower than the server now and then.
        await new Promise((done) => setTimeout(done, 20))
      }
    }
    expect(received).toBe(16_384 * 65_537)
    expect(most).toBeLessThan(200 << 20)
  })

  it('quotes names and texts so that the server reads the same', async () => {
    await using connection = await connectPostgres(server.target(), {}, ctx)
    for (const text of ["it's", 'a "b"', 'back\\slash\\', "'; DROP TABLE x; --", '한글\n']) {
      for (const strings of ['on', 'off']) {
        const sql = `SET standard_conforming_strings = ${strings}; SELECT ${quoteLiteral(text)} AS ${quoteIdentifier(text)}`
        const result = (await connection.query(sql, ctx)).at(-1)
        expect(result).toMatchObject({ columns: [text], rows: [[text]] })
      }
    }
  })

  it('reports a statement that would copy from here instead of waiting for it', async () => {
    await using connection = await connectPostgres(server.target(), {}, ctx)
    const error = await failure(connection.query('CREATE TEMPORARY TABLE c (n int); COPY c FROM STDIN', ctx))
    expect(error.state).toBe('57014')
    expect(await connection.query('SELECT 1', ctx)).toHaveLength(1)
  })
})
