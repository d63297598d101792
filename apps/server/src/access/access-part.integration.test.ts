import type { SettingMap } from '@holdfast/core/config/setting'
import { hashSecret } from '@holdfast/orchestrator/access/secret-text'
import { openSession, sessionAgeMs, sessionIdleMs } from '@holdfast/orchestrator/access/session'
import { createToken } from '@holdfast/orchestrator/access/token'
import { changeRole, createUser, removeUser } from '@holdfast/orchestrator/access/user'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type AccessFixture, ask, type Headers, openAccess } from './testing/access-fixture.ts'

const password = 'correct horse battery'
let made = 0
let fixture: AccessFixture

beforeAll(async () => {
  fixture = await openAccess()
})
afterAll(() => fixture[Symbol.asyncDispose]())
// what one test counts is over for the next
beforeEach(() => fixture.advance(30 * 24 * 3_600_000))

const required = { auth: 'required' }
const proxied = { listen: '0.0.0.0:80', behindProxy: true }

const serve = (server: SettingMap): Promise<FastifyInstance> => fixture.serve(server)

async function signedIn(role: 'viewer' | 'operator' | 'admin' = 'operator') {
  const { name } = await createUser({ name: `user-${++made}`, role, password }, fixture.catalogue, fixture.ctx)
  const secret = await openSession(name, fixture.catalogue, fixture.ctx)
  return { name, secret, cookie: `holdfast_session=${secret}` }
}

test('a server that speaks HTTPS tells browsers to stay with it, refused and unknown ones too', async () => {
  const tls = { certificate: '/etc/tls.pem', key: '/etc/tls.key' }
  const headerOf = async (app: FastifyInstance, url: string, host = 'backup.example.org:8443') =>
    (await ask(app, { url, headers: { host } })).headers['strict-transport-security']
  const own = await serve({ listen: '0.0.0.0:8443', tls })
  for (const url of ['/', '/who', '/healthz', '/api/v1/users', '/nothing']) {
    expect([url, await headerOf(own, url)]).toEqual([url, expect.stringMatching(/^max-age=\d+$/)])
  }
  expect(await headerOf(own, '/', 'localhost:8443')).toBeUndefined()
  expect(await headerOf(await serve(proxied), '/'), 'that is the proxy’s to say').toBeUndefined()
})

describe('on loopback, where nobody has to sign in', () => {
  test('whoever asks this machine by a name of its own is its admin', async () => {
    const app = await serve({})
    for (const host of ['127.0.0.1:8090', 'localhost:8090', '[::1]:8090', 'holdfast.localhost', '127.9.9.9']) {
      expect(await ask(app, { headers: { host } }), host).toMatchObject({ kind: 'local', role: 'admin' })
    }
  })

  test('a name that an attacker can point here is refused, and what a proxy sends', async () => {
    const app = await serve({})
    const hosts = ['evil.example', 'evil.example:8090', '127.0.0.1.evil.example', 'localhost.evil.example', '10.0.0.1']
    for (const host of hosts) {
      expect(await ask(app, { headers: { host } }), host).toMatchObject({ status: 403, code: 'REQUEST_FOREIGN' })
    }
    for (const header of ['x-forwarded-for', 'forwarded', 'via', 'x-real-ip', 'x-forwarded-host']) {
      expect(await ask(app, { headers: { [header]: '127.0.0.1' } }), header).toMatchObject({ code: 'REQUEST_FOREIGN' })
    }
    // metrics and all else too
    expect(await ask(app, { url: '/metrics', headers: { host: 'evil.example' } })).toMatchObject({ status: 403 })
  })

  test('a page of another site can change nothing', async () => {
    const app = await serve({})
    const post = (headers: Headers) => ask(app, { method: 'POST', headers })
    for (const origin of [
      'https://evil.example',
      'null',
      'http://127.0.0.1',
      'http://127.0.0.1:8091',
      'https://127.0.0.1:8090',
    ]) {
      expect(await post({ origin }), origin).toMatchObject({ status: 403, code: 'REQUEST_FOREIGN' })
    }
    for (const site of ['cross-site', 'same-site']) {
      expect(await post({ 'sec-fetch-site': site }), site).toMatchObject({ status: 403 })
    }
    expect(await post({ origin: 'http://127.0.0.1:8090', 'sec-fetch-site': 'same-origin' })).toMatchObject({
      status: 200,
    })
    expect(await post({})).toMatchObject({ kind: 'local' })
  })

  test('whoever is signed in all the same is who they are', async () => {
    const app = await serve({})
    const { name, cookie } = await signedIn('viewer')
    expect(await ask(app, { headers: { cookie } })).toMatchObject({ kind: 'user', name, role: 'viewer' })
    expect(await ask(app, { headers: { cookie: 'holdfast_session=x' } })).toMatchObject({ kind: 'local' })
  })
})

describe('where one has to sign in', () => {
  test.each([required, proxied])('who does not is nobody', async (server) => {
    const app = await serve(server)
    const who = await ask(app, { headers: { host: 'backup.example' } })
    expect(who).toMatchObject({ status: 200, kind: 'nobody', role: 'none' })
    expect(await ask(app, { url: '/metrics' })).toMatchObject({ status: 401, code: 'SIGN_IN_NEEDED' })
    for (const url of ['/healthz', '/readyz', '/gateway/x/config'])
      expect(await ask(app, { url })).toMatchObject({ status: 200 })
  })

  test('metrics are for those who may see, unless they are for all', async () => {
    const { secret } = await createToken({ name: `t-${++made}`, role: 'viewer' }, fixture.catalogue, fixture.ctx)
    const headers = { authorization: `Bearer ${secret}` }
    expect(await ask(await serve(required), { url: '/metrics', headers })).toMatchObject({ status: 200 })
    expect(await ask(await serve(required), { url: '/%6detrics' })).toMatchObject({ status: 401 })
    const agent = { authorization: 'Bearer agent-secret' }
    expect(await ask(await serve(required), { url: '/metrics', headers: agent })).toMatchObject({ status: 401 })
    expect(await ask(await serve({ ...required, metrics: 'public' }), { url: '/metrics' })).toMatchObject({
      status: 200,
    })
  })

  test('a session ends when it was not used for twelve hours, and after seven days', async () => {
    const app = await serve(required)
    const { cookie } = await signedIn()
    const kind = async () => (await ask(app, { headers: { cookie } })).kind
    fixture.advance(sessionIdleMs - 1)
    expect(await kind()).toBe('user')
    fixture.advance(sessionIdleMs)
    expect(await kind()).toBe('nobody')
    const second = await signedIn()
    for (let age = 0; age + 3_600_000 < sessionAgeMs; age += 3_600_000) {
      expect((await ask(app, { headers: { cookie: second.cookie } })).kind).toBe('user')
      fixture.advance(3_600_000)
    }
    fixture.advance(3_600_000)
    expect((await ask(app, { headers: { cookie: second.cookie } })).kind).toBe('nobody')
  })

  test('a session ends when the role is another, and with the user', async () => {
    const app = await serve(required)
    const [one, other] = [await signedIn('viewer'), await signedIn('viewer')]
    await changeRole(one.name, 'operator', fixture.catalogue)
    await removeUser(other.name, fixture.catalogue)
    for (const { cookie } of [one, other])
      expect(await ask(app, { headers: { cookie } })).toMatchObject({ kind: 'nobody' })
  })

  test('a cookie changes something only for a page of ours, and only with JSON', async () => {
    const app = await serve(required)
    const { cookie } = await signedIn()
    const own = { cookie, origin: 'http://127.0.0.1:8090' }
    const post = (headers: Headers, payload = '') => ask(app, { method: 'POST', headers, payload })
    expect(await post(own)).toMatchObject({ kind: 'user' })
    expect(await post({ cookie, 'sec-fetch-site': 'same-origin' })).toMatchObject({ kind: 'user' })
    expect(await post({ cookie })).toMatchObject({ status: 403, code: 'REQUEST_FOREIGN' })
    expect(await post({ cookie, 'sec-fetch-site': 'none' })).toMatchObject({ status: 403 })
    expect(await post({ cookie, origin: 'https://evil.example' })).toMatchObject({ status: 403 })
    expect(await post({ cookie, origin: 'null' })).toMatchObject({ status: 403 })
    expect(await post({ ...own, 'content-type': 'text/plain' }, '{}')).toMatchObject({ code: 'MEDIA_TYPE_WRONG' })
    expect(await post({ ...own, 'content-type': 'application/json; charset=utf-8' }, '{}')).toMatchObject({
      kind: 'user',
    })
    expect(await ask(app, { method: 'GET', headers: { cookie } })).toMatchObject({ kind: 'user' })
  })

  test('a token is its bearer, whatever page sends it, until it expires or its owner is less', async () => {
    const app = await serve(required)
    const { name: owner } = await signedIn('operator')
    const name = `t-${++made}`
    const draft = { name, role: 'admin', owner, sources: ['shop'], lifetimeMs: 60_000 } as const
    const { secret } = await createToken(draft, fixture.catalogue, fixture.ctx)
    const headers = { authorization: `Bearer ${secret}`, origin: 'https://evil.example' }
    const who = () => ask(app, { method: 'POST', headers })
    expect(await who()).toMatchObject({ kind: 'token', name, role: 'operator', sources: ['shop'] })
    await changeRole(owner, 'viewer', fixture.catalogue)
    expect(await who()).toMatchObject({ role: 'viewer' })
    fixture.advance(60_000)
    expect(await who()).toMatchObject({ status: 401, code: 'CREDENTIAL_REFUSED' })
    const lasting = await createToken({ name: `t-${++made}`, role: 'viewer', owner }, fixture.catalogue, fixture.ctx)
    const basic = { authorization: `Basic ${Buffer.from(`any:${lasting.secret}`).toString('base64')}` }
    expect(await ask(app, { headers: basic })).toMatchObject({ kind: 'token' })
    await removeUser(owner, fixture.catalogue)
    expect(await ask(app, { headers: basic })).toMatchObject({ status: 401 })
  })

  test('the secret of an agent is the agent, and what is no secret is refused', async () => {
    const app = await serve(required)
    const who = (authorization: string) => ask(app, { headers: { authorization } })
    expect(await who('Bearer agent-secret')).toMatchObject({ kind: 'agent', name: 'web-1', role: 'agent' })
    for (const wrong of ['Bearer x', 'Bearer hf_x', 'Bearer', 'Negotiate abc', 'Basic !!']) {
      expect(await who(wrong), wrong).toMatchObject({ status: 401, code: 'CREDENTIAL_REFUSED' })
    }
  })

  test('the use of a token is written down once a minute', async () => {
    const app = await serve(required)
    const { secret, token } = await createToken({ name: `t-${++made}`, role: 'viewer' }, fixture.catalogue, fixture.ctx)
    const used = async () => {
      await ask(app, { headers: { authorization: `Bearer ${secret}` } })
      return (await fixture.catalogue.tokens.get(token.name))?.usedAt?.getTime()
    }
    const first = fixture.ctx.now().getTime()
    expect(await used()).toBe(first)
    fixture.advance(59_000)
    expect(await used()).toBe(first)
    fixture.advance(1_000)
    expect(await used()).toBe(fixture.ctx.now().getTime())
  })
})

describe('behind a proxy', () => {
  const from = (app: FastifyInstance, headers: Headers) =>
    app.inject({ url: '/exchange', headers: { host: 'inner:8090', ...headers } }).then((reply) => reply.json<object>())

  test('the client is whom the proxy names last, not whom the client names', async () => {
    const app = await serve(proxied)
    expect(await from(app, { 'x-forwarded-for': '1.2.3.4, 9.8.7.6' })).toMatchObject({ address: '9.8.7.6' })
    expect(await from(await serve(required), { 'x-forwarded-for': '1.2.3.4' })).toMatchObject({ address: '127.0.0.1' })
  })

  test('a page of ours is one of the address that the proxy serves', async () => {
    const app = await serve(proxied)
    const { cookie } = await signedIn()
    const post = (headers: Headers) =>
      ask(app, { method: 'POST', headers: { cookie, 'x-forwarded-host': 'backup.example', ...headers } })
    expect(await post({ origin: 'https://backup.example' })).toMatchObject({ kind: 'user' })
    expect(await post({ origin: 'http://backup.example' })).toMatchObject({ status: 403 })
    expect(await post({ origin: 'https://127.0.0.1:8090' })).toMatchObject({ status: 403 })
  })

  test('nobody is local, though the proxy is', async () => {
    const app = await serve({ listen: '127.0.0.1:8090', behindProxy: true })
    expect(await ask(app, {})).toMatchObject({ kind: 'nobody' })
  })
})

test('who asks more than three hundred times a minute is told when to come again', async () => {
  const app = await serve(required)
  const { secret } = await createToken({ name: `t-${++made}`, role: 'viewer' }, fixture.catalogue, fixture.ctx)
  const headers = { authorization: `Bearer ${secret}` }
  for (let count = 0; count < 300; count++) expect((await ask(app, { headers })).status).toBe(200)
  fixture.advance(12_500)
  const refused = await ask(app, { headers })
  expect(refused).toMatchObject({ status: 429, code: 'REQUESTS_TOO_MANY' })
  expect(refused.headers['retry-after']).toBe('48')
  // others, and those who only ask whether it lives, are not in its way
  expect(await ask(app, {})).toMatchObject({ status: 200 })
  expect(await ask(app, { url: '/healthz', headers })).toMatchObject({ status: 200 })
  fixture.advance(47_500)
  expect(await ask(app, { headers })).toMatchObject({ status: 200 })
})

describe('an answer that goes on and on', () => {
  const begin = async (headers: Headers) => {
    const app = await serve(required)
    const address = await app.listen({ host: '127.0.0.1', port: 0 })
    const reply = await fetch(`${address}/endless`, { headers })
    let isOver = false
    const ended = reply.text().then(
      () => {},
      () => (isOver = true),
    )
    return { ended, isOver: () => isOver }
  }
  const pause = () => new Promise((resolve) => setTimeout(resolve, 100))

  test('is cut off when the session ends, but does not keep it from ending', async () => {
    const { name, cookie, secret } = await signedIn('viewer')
    const answer = await begin({ cookie })
    const used = async () => (await fixture.catalogue.sessions.get(hashSecret(secret)))?.usedAt
    const before = await used()
    fixture.advance(3_600_000)
    await pause()
    expect(answer.isOver()).toBe(false)
    expect(await used()).toEqual(before)
    await changeRole(name, 'operator', fixture.catalogue)
    await answer.ended
    expect(answer.isOver()).toBe(true)
  })

  test('is cut off when the token expires or the owner may do less', async () => {
    const { name: owner } = await signedIn('operator')
    const make = async (more: object) => {
      const draft = { name: `t-${++made}`, role: 'operator', ...more } as const
      const { secret } = await createToken(draft, fixture.catalogue, fixture.ctx)
      return await begin({ authorization: `Bearer ${secret}` })
    }
    const [expiring, owned, lasting] = [await make({ lifetimeMs: 60_000 }), await make({ owner }), await make({})]
    fixture.advance(60_000)
    await changeRole(owner, 'viewer', fixture.catalogue)
    await Promise.all([expiring.ended, owned.ended])
    await pause()
    expect([expiring, owned, lasting].map(({ isOver }) => isOver())).toEqual([true, true, false])
  })
})
