/** Servers that lie, break off or send rubbish: each ends in one typed error, soon, and learns nothing. */
import type { Socket } from 'node:net'
import { quietContext } from '@holdfast/core/context'
import { type AppError, isAppError } from '@holdfast/core/errors/app-error'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type FakeServer, startFakeServer } from '../testing/fake-server.ts'
import { clientMessage, textMessage } from './client-message.ts'
import { connectPostgres } from './connect.ts'
import type { PostgresTarget } from './target.ts'

const ctx = quietContext()

function targetOf({ port }: FakeServer, more: Partial<PostgresTarget> = {}): PostgresTarget {
  return {
    hosts: [{ host: '127.0.0.1', port }],
    user: 'backup',
    password: 'secret',
    passwordInText: false,
    passwordLines: [],
    tls: { mode: 'disable', negotiation: 'postgres', sendsServerName: true, minimumVersion: 'TLSv1.2' },
    channelBinding: 'prefer',
    sessionWanted: 'any',
    connectTimeoutMs: 5000,
    ...more,
  }
}

/** A server that sends the answers one by one, each after it was sent something. */
function answering(...answers: readonly Uint8Array[]): (socket: Socket) => void {
  return (socket) => {
    const left = [...answers]
    socket.on('data', () => {
      const next = left.shift()
      if (next !== undefined) socket.write(next)
    })
  }
}

function authentication(code: number, ...rest: readonly Uint8Array[]): Buffer {
  const number = Buffer.alloc(4)
  number.writeInt32BE(code)
  return clientMessage('R', number, ...rest)
}

const accepted = authentication(0)
const ready = clientMessage('Z', Buffer.from('I'))
const version = (text: string): Buffer => clientMessage('S', Buffer.from(`server_version\0${text}\0`))
const scramOffer = authentication(10, Buffer.from('SCRAM-SHA-256\0\0'))

async function failure(target: PostgresTarget, sql?: string): Promise<AppError> {
  try {
    await using connection = await connectPostgres(target, { replication: 'physical' }, ctx)
    await connection.query(sql ?? 'IDENTIFY_SYSTEM', ctx)
  } catch (error) {
    if (isAppError(error)) return error
    throw error
  }
  throw new Error('nothing failed')
}

async function failureWith(answer: (socket: Socket) => void, more: Partial<PostgresTarget> = {}): Promise<AppError> {
  await using server = await startFakeServer(answer)
  return await failure(targetOf(server, more))
}

describe('during the login', () => {
  it('a server that only claims to know the password is found out', async () => {
    const cases = [
      answering(scramOffer, accepted),
      answering(scramOffer, authentication(12, Buffer.from('v=AAAA')), accepted),
    ]
    for (const answer of cases) {
      expect((await failureWith(answer)).code).toBe('POSTGRES_SERVER_NOT_GENUINE')
    }
  })

  it('a challenge is not answered when it would cost hours', async () => {
    await using server = await startFakeServer((socket) => {
      socket.once('data', () => {
        socket.write(scramOffer)
        socket.once('data', (first: Buffer) => {
          const nonce = /r=(.*)$/.exec(first.toString('latin1'))?.[1] ?? ''
          socket.write(authentication(11, Buffer.from(`r=${nonce}x,s=AAAA,i=2147483647`)))
        })
      })
    })
    expect((await failure(targetOf(server))).code).toBe('POSTGRES_PROTOCOL_VIOLATED')
  })

  it.each([
    [7, 'GSSAPI'],
    [9, 'SSPI'],
    [99, 'number 99'],
  ])('method %i is refused by its name', async (code, name) => {
    const error = await failureWith(answering(authentication(code)))
    expect(error.code).toBe('POSTGRES_AUTHENTICATION_UNSUPPORTED')
    expect(error.message).toContain(name)
  })

  it('other SASL mechanisms are refused by their names', async () => {
    const error = await failureWith(answering(authentication(10, Buffer.from('OAUTHBEARER\0\0'))))
    expect(error.message).toContain('OAUTHBEARER')
  })

  it('a password is not sent in clear to a server that forwards', async () => {
    await using server = await startFakeServer(answering(authentication(3)))
    const target = targetOf(server, { loginMethods: ['scram-sha-256'] })
    expect((await failure(target)).code).toBe('POSTGRES_AUTHENTICATION_UNSUPPORTED')
    expect(server.received().toString('latin1')).not.toContain('secret')
  })

  it('bytes smuggled in behind the answer for TLS are refused', async () => {
    const error = await failureWith(answering(Buffer.concat([Buffer.from('S'), accepted, ready])), {
      tls: { mode: 'require', negotiation: 'postgres', sendsServerName: true, minimumVersion: 'TLSv1.2' },
    })
    expect(error.code).toBe('POSTGRES_PROTOCOL_VIOLATED')
  })

  it('an error before TLS is not believed', async () => {
    const report = clientMessage('E', Buffer.from('SFATAL\0C28P01\0Mgive it to me\0\0'))
    const error = await failureWith(answering(report), {
      tls: { mode: 'require', negotiation: 'postgres', sendsServerName: true, minimumVersion: 'TLSv1.2' },
    })
    expect(error.message).not.toContain('give it to me')
  })

  it('versions before 13 are refused, with the version', async () => {
    const error = await failureWith(answering(Buffer.concat([accepted, version('12.22 (Debian)'), ready])))
    expect(error).toMatchObject({ code: 'POSTGRES_VERSION_UNSUPPORTED', message: expect.stringContaining('12.22') })
  })

  it('a server that is starting can be tried again later', async () => {
    const report = clientMessage('E', Buffer.from('SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0'))
    expect(await failureWith(answering(report))).toMatchObject({ code: 'POSTGRES_STARTING', retryable: true })
  })

  it('a server of another kind is recognised', async () => {
    expect((await failureWith(answering(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')))).code).toBe(
      'POSTGRES_PROTOCOL_VIOLATED',
    )
    expect((await failureWith((socket) => socket.end())).code).toBe('POSTGRES_CONNECTION_LOST')
    const megabytes = clientMessage('N', Buffer.alloc(1 << 20))
    expect((await failureWith(answering(megabytes))).code).toBe('POSTGRES_PROTOCOL_VIOLATED')
  })
})

describe('in a session', () => {
  const login = Buffer.concat([accepted, version('15.1'), ready])

  it.each([
    ['a message of an unknown type', Buffer.from([0x21, 0, 0, 0, 4])],
    ['a message that claims 4 GiB', Buffer.from([0x64, 0xff, 0xff, 0xff, 0xff])],
    ['a row shorter than its columns', clientMessage('D', Buffer.from([0, 9]))],
    ['a copy that nobody asked for', clientMessage('W', Buffer.from([0, 0, 0]))],
    ['a report without end', clientMessage('E', Buffer.from('SERROR\0'))],
  ])('%s ends it', async (_what, bytes) => {
    expect((await failureWith(answering(login, bytes))).code).toBe('POSTGRES_PROTOCOL_VIOLATED')
  })

  it('an end in the middle of a message is a broken connection', async () => {
    const error = await failureWith((socket) => {
      socket.once('data', () => {
        socket.write(login)
        socket.once('data', () => socket.end(Buffer.from([0x44, 0, 0, 1])))
      })
    })
    expect(error).toMatchObject({ code: 'POSTGRES_CONNECTION_LOST', retryable: true })
  })

  it('silence for too long is a broken connection, where a limit is set', async () => {
    await using server = await startFakeServer(answering(login))
    await using connection = await connectPostgres(
      targetOf(server),
      { replication: 'physical', silenceLimitMs: 100 },
      ctx,
    )
    await expect(connection.query('IDENTIFY_SYSTEM', ctx)).rejects.toMatchObject({ code: 'POSTGRES_CONNECTION_LOST' })
  })

  it('whatever comes, one typed error is what it ends in', async () => {
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .array(fc.tuple(fc.constantFrom(...'RSKZTDCEIHGWdcvNA'), fc.uint8Array({ maxLength: 40 })), { maxLength: 8 })
        .map((messages) => Buffer.concat(messages.map(([type, body]) => clientMessage(type, body)))),
    )
    await fc.assert(
      fc.asyncProperty(noise, fc.boolean(), async (bytes, afterLogin) => {
        const answer = (socket: Socket): void => {
          socket.once('data', () => {
            if (!afterLogin) return void socket.end(bytes)
            socket.write(login)
            socket.once('data', () => socket.end(bytes))
          })
        }
        const outcome = await failureWith(answer).catch((error: unknown) => error)
        // A noise that happens to be a whole answer is an answer.
        if (!isAppError(outcome)) expect(String(outcome)).toContain('nothing failed')
        else expect(outcome.code).toMatch(/^POSTGRES_/)
      }),
      { numRuns: 300 },
    )
  })
})

it('sends the password to nobody who does not ask for it', async () => {
  await using server = await startFakeServer(
    answering(Buffer.concat([accepted, version('15.1'), ready]), textMessage('C', 'OK')),
  )
  await using connection = await connectPostgres(targetOf(server), { replication: 'physical' }, ctx)
  expect(connection.versionNumber).toBe(150_001)
  expect(server.received().toString('latin1')).not.toContain('secret')
})
