import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { quietContext } from '@holdfast/core/context'
import type { ChannelSettings } from '@holdfast/core/config/effective-config'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findingOf, noon } from '../../finding/testing/view-fixture.ts'
import { createTestMessage } from '../message.ts'
import { messageOf, secretsOf } from '../testing/message-fixture.ts'
import { createEmailChannel } from './email.ts'

const directory = mkdtempSync(join(tmpdir(), 'holdfast-mail-'))
const ctx = quietContext({ now: () => noon })
let key = ''
let cert = ''

beforeAll(() => {
  const files = ['-keyout', join(directory, 'key.pem'), '-out', join(directory, 'cert.pem')]
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
  execFileSync('openssl', ['req', '-x509', ...curve, '-nodes', '-days', '2', ...files, ...names], { stdio: 'ignore' })
  key = readFileSync(join(directory, 'key.pem'), 'utf8')
  cert = readFileSync(join(directory, 'cert.pem'), 'utf8')
  // Of this process only: the machine trusts the server's certificate.
  setDefaultCACertificates([...getCACertificates('default'), cert])
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

interface Mail {
  readonly from: string
  readonly to: readonly string[]
  readonly user: string | undefined
  readonly isEncrypted: boolean
  readonly text: string
}

interface MailServer extends AsyncDisposable {
  readonly port: number
  readonly mails: readonly Mail[]
  readonly logins: readonly string[]
}

async function startMailServer(options: SMTPServerOptions = {}): Promise<MailServer> {
  const mails: Mail[] = []
  const logins: string[] = []
  const server = new SMTPServer({
    key,
    cert,
    authOptional: true,
    onAuth: ({ username, password }, _session, done) => {
      logins.push(`${username}:${password}`)
      if (password === 'pass-word-1') done(null, { user: username })
      else done(new Error(`5.7.8 no: ${password}`))
    },
    onData: (stream, session, done) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        mails.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          user: session.user,
          isEncrypted: session.secure,
          text: Buffer.concat(chunks).toString('utf8'),
        })
        done()
      })
    },
    ...options,
  })
  // A client that goes away in mid-sentence is what some tests are about.
  server.on('error', () => {})
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve())
  })
  // Boundary: a server that listens on a port has an AddressInfo.
  const { port } = server.server.address() as AddressInfo
  return {
    port,
    mails,
    logins,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
      }),
  }
}

type Smtp = Extract<ChannelSettings, { type: 'email' }>['smtp']

function send(port: number, smtp: Partial<Smtp>, message = messageOf(), password = 'pass-word-1') {
  const channel = createEmailChannel(
    {
      name: 'mail',
      type: 'email',
      smtp: { host: 'localhost', port, tls: 'starttls', ...smtp },
      from: 'Holdfast <backup@example.org>',
      to: ['ops@example.org', 'kim@example.org'],
    },
    secretsOf({ PASSWORD: password }),
  )
  return channel.send(message, ctx)
}

const login = { user: 'backup', password: { env: 'PASSWORD' } }

describe('mail', () => {
  it('is encrypted before the password is said, and reaches everyone', async () => {
    await using server = await startMailServer()
    const message = messageOf('opened', [findingOf({ title: '상점 was last backed up 34h 00m ago' })])
    await send(server.port, login, message)
    const [mail] = server.mails
    expect(mail).toMatchObject({
      from: 'backup@example.org',
      to: ['ops@example.org', 'kim@example.org'],
      user: 'backup',
      isEncrypted: true,
    })
    expect(mail?.text).toMatch(/^Subject: =\?UTF-8\?Q\?=5BHoldfast=5D_WARNING=3A_=EC=83=81/m)
    expect(mail?.text).toMatch(/^Date: Sat, 21 Nov 2026 12:00:00 \+0000/m)
    expect(mail?.text).toMatch(/^Auto-Submitted: auto-generated/m)
    expect(mail?.text).toContain(`<${message.id}@example.org>`)
  })

  it('about the end of a finding belongs to the thread of its beginning', async () => {
    await using server = await startMailServer()
    await send(server.port, {}, messageOf('opened'))
    await send(server.port, {}, messageOf('resolved', [findingOf({ resolvedAt: noon })]))
    const threads = server.mails.map(({ text }) => /^References: (.*)$/m.exec(text)?.[1])
    expect(threads[0]).toMatch(/^<[0-9a-f]{32}@example\.org>/)
    expect(threads[1]).toBe(threads[0])
    expect(server.mails[1]?.text).toContain('RESOLVED')
  })

  it('can be encrypted from the first byte', async () => {
    await using server = await startMailServer({ secure: true })
    await send(server.port, { tls: 'always', ...login })
    expect(server.mails).toMatchObject([{ isEncrypted: true, user: 'backup' }])
  })

  it('is plain only when that is asked for', async () => {
    await using server = await startMailServer({ disabledCommands: ['STARTTLS'] })
    await send(server.port, { tls: 'never' })
    expect(server.mails).toMatchObject([{ isEncrypted: false }])
    await expect(send(server.port, login)).rejects.toMatchObject({ code: expect.stringMatching(/^CHANNEL_/) })
    expect(server.logins).toEqual([])
  })

  it('with a wrong password is refused, and the password is not repeated', async () => {
    await using server = await startMailServer()
    const error = await send(server.port, login, messageOf(), 'wrong-secret').catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'CHANNEL_REFUSED', retryable: false })
    expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain('wrong-secret')
  })

  it('to a server that is busy is tried again; one that does not want it is not', async () => {
    const answering = (code: number): SMTPServerOptions => ({
      onRcptTo: (_address, _session, done) => done(Object.assign(new Error('not now'), { responseCode: code })),
    })
    await using busy = await startMailServer(answering(451))
    await expect(send(busy.port, {})).rejects.toMatchObject({ code: 'CHANNEL_UNREACHABLE', retryable: true })
    await using unwilling = await startMailServer(answering(550))
    await expect(send(unwilling.port, {})).rejects.toMatchObject({ code: 'CHANNEL_REFUSED', retryable: false })
  })

  it('that one of several does not get has been told; a test names who does not get it', async () => {
    await using server = await startMailServer({
      onRcptTo: ({ address }, _session, done) =>
        address.startsWith('kim') ? done(Object.assign(new Error('no such user'), { responseCode: 550 })) : done(),
    })
    await send(server.port, {})
    expect(server.mails).toMatchObject([{ to: ['ops@example.org'] }])
    const test = createTestMessage('mail', { host: 'web-1', now: noon })
    await expect(send(server.port, {}, test)).rejects.toThrow('refused: kim@example.org')
  })

  it('to nobody is tried again', async () => {
    const server = await startMailServer()
    await server[Symbol.asyncDispose]()
    await expect(send(server.port, {})).rejects.toMatchObject({ code: 'CHANNEL_UNREACHABLE' })
  })
})
