/** The road from an agent to its server: certificates, addresses, and what comes back. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { agentProtocol } from '@holdfast/api/agent-protocol'
import { makeCertificates } from '@holdfast/connectors/postgresql/testing/test-certificates'
import { quietContext } from '@holdfast/core/context'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openServerLink, type ServerLink } from './server-link.ts'

const stack = new AsyncDisposableStack()
const ctx = quietContext()
let root = ''
let port = 0
let answer: (request: IncomingMessage, response: ServerResponse) => void = () => {}

beforeAll(async () => {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-link-'))
  stack.defer(() => rmSync(directory, { recursive: true, force: true }))
  const { root: rootFile, server } = await makeCertificates(directory, undefined)
  root = readFileSync(rootFile, 'utf8')
  const listener = createServer({ cert: readFileSync(server.certificate), key: readFileSync(server.key) }, (...both) =>
    answer(...both),
  )
  await new Promise<void>((done) => listener.listen(0, '127.0.0.1', done))
  port = (listener.address() as AddressInfo).port
  stack.defer(() => {
    listener.closeAllConnections()
    listener.close()
  })
})
afterAll(() => stack.disposeAsync())

const self = { protocol: agentProtocol, version: '1', instance: 'x' }
const ask = (link: ServerLink, timeoutMs?: number) => link.ask('agents.heartbeat', { self, run: 'r' }, ctx, timeoutMs)

function open(ca?: string, path = ''): ServerLink {
  const link = openServerLink({ server: `https://127.0.0.1:${port}${path}`, secret: () => 'secret', ...(ca && { ca }) })
  stack.use(link)
  return link
}

const reply = (status: number, body: string) => (_request: IncomingMessage, response: ServerResponse) =>
  void response.writeHead(status).end(body)
const refusal = (code: string) => JSON.stringify({ error: { code, message: 'no', hint: 'Do not.' } })

describe('a link', () => {
  test('trusts the authority that it was given, and no server without one', async () => {
    answer = reply(200, '{"isLost":false,"isCancelRequested":true}')
    expect(await ask(open(root))).toEqual({ isLost: false, isCancelRequested: true })
    await expect(ask(open())).rejects.toMatchObject({ code: 'AGENT_SERVER_AWAY' })
  })

  test('says who it is, below the path that the server has behind a proxy', async () => {
    let seen: string[] = []
    answer = (request, response) => {
      seen = [request.method ?? '', request.url ?? '', request.headers.authorization ?? '']
      reply(200, '{"isLost":false,"isCancelRequested":false}')(request, response)
    }
    await ask(open(root, '/backup/'))
    expect(seen).toEqual(['POST', '/backup/api/v1/agents/heartbeat', 'Bearer secret'])
    const enrolling = open(root)
    answer = (request, response) => {
      seen = [request.headers.authorization ?? 'nothing']
      reply(200, '{"name":"one"}')(request, response)
    }
    await enrolling.ask('agents.enrol', { token: 't', secretDigest: 'a'.repeat(64) }, ctx)
    expect(seen).toEqual(['nothing'])
  })

  test.each<[string, string, number, string]>([
    ['what may pass', 'AGENT_SERVER_AWAY', 503, refusal('CATALOGUE_UNREACHABLE')],
    ['too much', 'AGENT_SERVER_AWAY', 429, refusal('REQUESTS_TOO_MANY')],
    ['a proxy without a server', 'AGENT_SERVER_AWAY', 404, '<html>'],
    ['another place', 'AGENT_SERVER_AWAY', 302, ''],
    ['something else', 'AGENT_SERVER_AWAY', 200, '{"isLost":"perhaps"}'],
    ['what will not change', 'AGENT_REFUSED', 404, refusal('AGENT_RUN_FOREIGN')],
  ])('tells %s from the rest: %s', async (_what, code, status, body) => {
    answer = reply(status, body)
    await expect(ask(open(root))).rejects.toMatchObject({ code })
  })

  test('does not wait for ever, nor read without end', async () => {
    answer = () => {}
    await expect(ask(open(root), 200)).rejects.toMatchObject({ code: 'AGENT_SERVER_AWAY' })
    const part = Buffer.alloc(1 << 20, 0x20)
    answer = (_request, response) => {
      response.on('error', () => {})
      const send = (): void => void (response.destroyed || response.write(part, send))
      send()
    }
    await expect(ask(open(root))).rejects.toMatchObject({ code: 'AGENT_SERVER_AWAY' })
  })

  test('without TLS is for this machine only', () => {
    for (const server of ['http://127.0.0.1:1', 'http://localhost:1', 'http://[::1]:1']) {
      using link = openServerLink({ server, secret: () => undefined })
      expect(link.server).toBe(server)
    }
    for (const server of ['http://holdfast.lan', 'http://127.0.0.1.example.org', 'http://10.0.0.1:8090']) {
      expect(() => openServerLink({ server, secret: () => undefined }), server).toThrow(
        expect.objectContaining({ code: 'AGENT_SERVER_PLAIN' }),
      )
    }
    for (const server of ['holdfast.lan:8090', 'ftp://x', 'https://user:pw@x', '']) {
      expect(() => openServerLink({ server, secret: () => undefined }), server).toThrow(
        expect.objectContaining({ code: 'ARGUMENT_INVALID' }),
      )
    }
  })
})
