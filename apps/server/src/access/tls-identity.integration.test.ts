import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type ConnectionOptions } from 'node:tls'
import { quietContext } from '@holdfast/core/context'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openHttp } from '../http/open-http.ts'
import { createServerLog } from '../server-log.ts'
import { openTlsIdentity } from './tls-identity.ts'

const directory = mkdtempSync(join(tmpdir(), 'holdfast-tls-'))
const place = (name: string): string => join(directory, name)
const files = { certificate: place('now.pem'), key: place('now.key') }

/** A certificate that vouches for itself. */
function certify(name: string): void {
  const words = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=${name}`
  const more = ['-addext', 'subjectAltName=IP:127.0.0.1', '-out', place(`${name}.pem`), '-keyout', place(`${name}.key`)]
  execFileSync('openssl', [...words.split(' '), ...more], { stdio: 'ignore' })
}

function use(name: string, parts: readonly ('certificate' | 'key')[] = ['certificate', 'key']): void {
  for (const part of parts) copyFileSync(place(`${name}.${part === 'key' ? 'key' : 'pem'}`), files[part])
}

beforeAll(() => {
  for (const name of ['first', 'second']) certify(name)
  use('first')
})
afterAll(() => rmSync(directory, { recursive: true }))

async function serve() {
  const told: string[] = []
  const log = createServerLog({ write: (line) => told.push(line) }, () => new Date())
  const ctx = quietContext()
  const tls = await openTlsIdentity(files, { log, everyMs: 20 }, ctx)
  const answers = {
    readiness: async () => 'ready' as const,
    metrics: async () => ({ contentType: 'text/plain', text: '' }),
    failed: () => {},
  }
  const http = await openHttp({ host: '127.0.0.1', port: 0 }, answers, [], tls.createServer)
  const port = Number(http.address.split(':').at(-1))
  return {
    told,
    /** the name in the certificate that a new connection is shown */
    shown: (options: ConnectionOptions = {}): Promise<string> =>
      new Promise((resolve, reject) => {
        const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options }, () => {
          const { CN: name } = socket.getPeerCertificate().subject
          socket.write('GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n')
          socket.once('data', (data: Buffer) => {
            socket.destroy()
            resolve(`${String(name)} ${data.toString().split('\r\n', 1)[0] ?? ''}`)
          })
        })
        socket.once('error', reject)
      }),
    async [Symbol.asyncDispose]() {
      await http[Symbol.asyncDispose]()
      await tls[Symbol.asyncDispose]()
    },
  }
}

test('answers over TLS 1.2 and newer only, and shows a certificate that was replaced without a restart', async () => {
  use('first')
  await using server = await serve()
  expect(await server.shown()).toBe('first HTTP/1.1 200 OK')
  expect(await server.shown({ maxVersion: 'TLSv1.2' })).toBe('first HTTP/1.1 200 OK')
  const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' } as const
  await expect(server.shown(old)).rejects.toThrow(/protocol|version/i)
  // half of it: the old ones stay, and the log says so
  use('second', ['certificate'])
  await expect.poll(() => server.told.join()).toContain('TLS_UNUSABLE')
  expect(await server.shown()).toBe('first HTTP/1.1 200 OK')
  use('second', ['key'])
  await expect.poll(() => server.shown()).toBe('second HTTP/1.1 200 OK')
})

test('looks for clients that send their headers byte by byte as often as without TLS', async () => {
  use('first')
  const log = createServerLog({ write: () => {} }, () => new Date())
  await using tls = await openTlsIdentity(files, { log, everyMs: 1_000 }, quietContext())
  expect(tls.createServer(() => {})).toMatchObject({ connectionsCheckingInterval: 5_000 })
})

test('does not begin with files that are absent, no PEM, or of two pairs', async () => {
  const log = createServerLog({ write: () => {} }, () => new Date())
  const open = (certificate: string, key: string) =>
    openTlsIdentity({ certificate: place(certificate), key: place(key) }, { log, everyMs: 20 }, quietContext())
  writeFileSync(place('no.pem'), 'no certificate')
  for (const [certificate, key] of [
    ['absent.pem', 'first.key'],
    ['no.pem', 'first.key'],
    ['first.pem', 'no.pem'],
    ['first.pem', 'second.key'],
  ] as const) {
    const failure: unknown = await open(certificate, key).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'TLS_UNUSABLE' })
    expect(String(failure)).not.toContain(readFileSync(place('first.key'), 'utf8').split('\n')[1])
  }
})
