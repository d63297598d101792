/** Which of several hosts a session is opened with. */
import { quietContext } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startFakeServer } from '../testing/fake-server.ts'
import { type PostgresServer, startPostgres } from '../testing/postgres-server.ts'
import { connectPostgres } from './connect.ts'
import type { PostgresHost, PostgresTarget, SessionWanted } from './target.ts'

const ctx = quietContext()

describe.each([13, 18])('with a primary and a standby of PostgreSQL %i', (major) => {
  let primary: PostgresServer
  let standby: PostgresServer
  beforeAll(async () => {
    primary = await startPostgres({ major })
    standby = await primary.standby()
  })
  afterAll(async () => {
    await standby[Symbol.asyncDispose]()
    await primary[Symbol.asyncDispose]()
  })

  const place = (server: PostgresServer): PostgresHost => ({ host: '127.0.0.1', port: server.port })
  const dead: PostgresHost = { host: '127.0.0.1', port: 1 }

  async function chosen(hosts: readonly PostgresHost[], wanted: SessionWanted, replication = false): Promise<string> {
    const target: PostgresTarget = { ...primary.target(), hosts, sessionWanted: wanted }
    try {
      await using connection = await connectPostgres(target, replication ? { replication: 'physical' } : {}, ctx)
      return connection.host === `127.0.0.1:${primary.port}` ? 'primary' : 'standby'
    } catch (error) {
      if (!isAppError(error)) throw error
      return error.code
    }
  }

  it.each([false, true])(
    'takes the first that answers and is of the kind wanted (replication: %s)',
    async (replication) => {
      const all = [dead, place(standby), place(primary)]
      expect(await chosen(all, 'any', replication)).toBe('standby')
      expect(await chosen(all, 'primary', replication)).toBe('primary')
      expect(await chosen(all, 'read-write', replication)).toBe('primary')
      expect(await chosen(all.toReversed(), 'standby', replication)).toBe('standby')
      expect(await chosen(all.toReversed(), 'read-only', replication)).toBe('standby')
      expect(await chosen(all.toReversed(), 'prefer-standby', replication)).toBe('standby')
      expect(await chosen([dead, place(primary)], 'prefer-standby', replication)).toBe('primary')
    },
  )

  it('says what was tried when none will do', async () => {
    expect(await chosen([dead, place(standby)], 'primary')).toBe('POSTGRES_NO_SUITABLE_HOST')
    expect(await chosen([dead, dead], 'any')).toBe('POSTGRES_UNREACHABLE')
  })

  it('never writes to a standby when writing is asked for', async () => {
    const target = { ...primary.target(), hosts: [place(standby), place(primary)] }
    await using connection = await connectPostgres(target, { readWrite: true }, ctx)
    expect(connection.host).toBe(`127.0.0.1:${primary.port}`)
  })
})

describe('a server that is not there', () => {
  const target = (host: PostgresHost, more: Partial<PostgresTarget> = {}): PostgresTarget => ({
    hosts: [host],
    user: 'postgres',
    passwordInText: false,
    passwordLines: [],
    tls: { mode: 'prefer', negotiation: 'postgres', sendsServerName: true, minimumVersion: 'TLSv1.2' },
    channelBinding: 'prefer',
    sessionWanted: 'any',
    connectTimeoutMs: 60_000,
    ...more,
  })

  async function reason(wanted: PostgresTarget): Promise<string> {
    try {
      await connectPostgres(wanted, {}, ctx)
    } catch (error) {
      if (isAppError(error, 'POSTGRES_UNREACHABLE')) return error.message
      throw error
    }
    throw new Error('connected')
  }

  it('is reported with the reason', async () => {
    expect(await reason(target({ host: '127.0.0.1', port: 1 }))).toContain('connection refused')
    expect(await reason(target({ host: '/nowhere', port: 5432 }))).toContain('no socket /nowhere/.s.PGSQL.5432')
    expect(await reason(target({ host: 'no-such-host.invalid', port: 5432 }))).toContain('cannot be resolved')
  })

  it('is given up after the time limit when it says nothing, also in the middle of the login', async () => {
    await using silent = await startFakeServer(() => {})
    const brief = { connectTimeoutMs: 300 }
    expect(await reason(target({ host: '127.0.0.1', port: silent.port }, brief))).toContain('no answer within 0.3 s')
    await using refusesTls = await startFakeServer((socket) => socket.once('data', () => socket.write('N')))
    expect(await reason(target({ host: '127.0.0.1', port: refusesTls.port }, brief))).toContain(
      'no answer within 0.3 s',
    )
  })

  it('is given up at once when the operation is interrupted', async () => {
    await using silent = await startFakeServer(() => {})
    const abort = new AbortController()
    setTimeout(() => abort.abort(), 50)
    const wanted = target({ host: '127.0.0.1', port: silent.port }, { connectTimeoutMs: 0 })
    await expect(connectPostgres(wanted, {}, quietContext({ signal: abort.signal }))).rejects.toMatchObject({
      code: 'INTERRUPTED',
    })
    await expect(connectPostgres(wanted, {}, quietContext({ signal: AbortSignal.abort() }))).rejects.toMatchObject({
      code: 'INTERRUPTED',
    })
  })
})
