import { verifyAudit } from '@holdfast/orchestrator/access/audit-chain'
import { createUser } from '@holdfast/orchestrator/access/user'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type AccessFixture, ask, type Headers, openAccess } from './testing/access-fixture.ts'

const password = 'correct horse battery'
const other = 'another good password'
const origin = 'http://127.0.0.1:8090'
let made = 0
let fixture: AccessFixture
let app: FastifyInstance

beforeAll(async () => {
  fixture = await openAccess()
  await createUser({ name: 'root', role: 'admin', password }, fixture.catalogue, fixture.ctx)
})
afterAll(() => fixture[Symbol.asyncDispose]())
beforeEach(async () => {
  app = await fixture.serve({ auth: 'required' })
})

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

const call = (method: Method, path: string, body?: object, headers: Headers = {}) =>
  ask(app, {
    method,
    url: `/api/v1${path}`,
    ...(body !== undefined && { payload: body }),
    headers: { origin, ...headers },
  })

const signIn = (name: string, given = password, headers: Headers = {}) =>
  call('POST', '/session', { name, password: given }, headers)

function cookieOf({ headers }: Awaited<ReturnType<typeof call>>): Headers {
  return { cookie: String(headers['set-cookie']).split(';', 1)[0] ?? '' }
}

async function newUser(role: 'viewer' | 'operator' | 'admin') {
  const { name } = await createUser({ name: `user-${++made}`, role, password }, fixture.catalogue, fixture.ctx)
  return { name, as: cookieOf(await signIn(name)) }
}

const asRoot = async () => cookieOf(await signIn('root'))

describe('signing in', () => {
  test('gives a cookie that no script can read and no other site can use', async () => {
    const answer = await signIn('ROOT')
    expect(answer).toMatchObject({ status: 200, caller: { kind: 'user', name: 'root', role: 'admin' } })
    expect(answer.headers['set-cookie']).toMatch(
      /^holdfast_session=[\w-]{43}; Path=\/; Max-Age=604800; HttpOnly; SameSite=Strict$/,
    )
    expect(JSON.stringify({ ...answer, headers: {} })).not.toContain(cookieOf(answer)['cookie']?.split('=')[1])
    const proxied = await fixture.serve({ behindProxy: true })
    const payload = { name: 'root', password }
    const secure = await ask(proxied, { method: 'POST', url: '/api/v1/session', payload })
    expect(secure.headers['set-cookie']).toMatch(/; Secure$/)
    expect(await call('GET', '/session', undefined, cookieOf(answer))).toMatchObject({ signIn: { isNeeded: false } })
  })

  test('gives another session each time, and ends the one there was: nobody can plant one', async () => {
    const planted = { cookie: `holdfast_session=${'x'.repeat(43)}` }
    const first = cookieOf(await signIn('root', password, planted))
    expect(first).not.toEqual(planted)
    const second = cookieOf(await signIn('root', password, first))
    expect(second).not.toEqual(first)
    expect(await ask(app, { headers: first })).toMatchObject({ kind: 'nobody' })
    expect(await ask(app, { headers: second })).toMatchObject({ kind: 'user' })
  })

  test('says the same to a wrong password and to a name that nobody has, and takes as long', async () => {
    const timed = async (name: string) => {
      const startedMs = performance.now()
      const { status, error, code } = await signIn(name, 'not the password')
      return { answer: { status, error, code }, tookMs: performance.now() - startedMs }
    }
    const [wrong, unknown] = [await timed('root'), await timed('nobody-at-all')]
    expect(wrong.answer).toMatchObject({ status: 401, code: 'SIGN_IN_REFUSED' })
    expect(unknown.answer).toEqual(wrong.answer)
    // without the hash an answer takes a few ms
    expect(Math.min(unknown.tookMs, wrong.tookMs)).toBeGreaterThan(12)
  })

  test('from another site is refused, so that nobody works in the account of another without knowing', async () => {
    expect(await signIn('root', password, { origin: 'https://evil.example' })).toMatchObject({ status: 403 })
  })

  test('may be tried five times, then ever more seldom, from one address', async () => {
    const tries = async (count: number) => {
      const statuses = []
      for (let index = 0; index < count; index++) statuses.push((await signIn(`guess-${++made}`)).status)
      return statuses
    }
    expect(await tries(6)).toEqual([401, 401, 401, 401, 401, 429])
    const waiting = await signIn('root')
    expect(waiting).toMatchObject({ status: 429, code: 'REQUESTS_TOO_MANY' })
    expect(waiting.headers['retry-after']).toBe('60')
    fixture.advance(60_000)
    expect(await tries(2)).toEqual([401, 429])
    expect((await signIn('root')).headers['retry-after']).toBe('120')
    fixture.advance(60_000)
    expect(await tries(1)).toEqual([429])
    fixture.advance(60_000)
    expect(await signIn('root')).toMatchObject({ status: 200 })
  })

  test('of a name that others keep locked locks no address of its owner', async () => {
    app = await fixture.serve({ behindProxy: true })
    const [{ name }, colleague] = [await newUser('viewer'), await newUser('viewer')]
    const attempt = (user: string, given: string, from: string) =>
      ask(app, {
        method: 'POST',
        url: '/api/v1/session',
        payload: { name: user, password: given },
        headers: { 'x-forwarded-for': from },
      })
    for (let index = 0; index < 5; index++) await attempt(name, 'wrong', `10.1.${index}.1`)
    for (let index = 0; index < 7; index++) {
      expect(await attempt(name, password, '192.0.2.7')).toMatchObject({ status: 429 })
    }
    expect(await attempt(colleague.name, password, '192.0.2.7')).toMatchObject({ status: 200 })
  })

  test('may be tried five times for one name, from wherever; then its owner waits five minutes at most', async () => {
    app = await fixture.serve({ behindProxy: true })
    const { name } = await newUser('viewer')
    const attempt = (given: string) =>
      ask(app, {
        method: 'POST',
        url: '/api/v1/session',
        payload: { name, password: given },
        headers: { 'x-forwarded-for': `10.0.${++made}.1` },
      })
    for (let index = 0; index < 5; index++) expect(await attempt('wrong')).toMatchObject({ status: 401 })
    expect(await attempt(password)).toMatchObject({ status: 429 })
    for (let index = 0; index < 8; index++) {
      fixture.advance(300_000)
      expect(await attempt('wrong')).toMatchObject({ status: 401 })
    }
    fixture.advance(300_000)
    expect(await attempt(password)).toMatchObject({ status: 200 })
  })

  test('many at once are counted before it is known how they end', async () => {
    const all = await Promise.all(Array.from({ length: 12 }, () => signIn('root', 'wrong')))
    expect(all.filter(({ status }) => status === 401)).toHaveLength(5)
    fixture.advance(3_600_000)
  })
})

test('signing out ends the session and takes the cookie away', async () => {
  const session = await asRoot()
  const answer = await call('DELETE', '/session', undefined, session)
  expect(answer).toMatchObject({ status: 200, caller: { kind: 'nobody' }, signIn: { isNeeded: true } })
  expect(answer.headers['set-cookie']).toMatch(/^holdfast_session=; Path=\/; Max-Age=0;/)
  expect(await ask(app, { headers: session })).toMatchObject({ kind: 'nobody' })
})

test('whoever changes the own password says the old one, and all other sessions end', async () => {
  const { name, as } = await newUser('viewer')
  const elsewhere = cookieOf(await signIn(name))
  const change = (given: string, newPassword: string) =>
    call('PUT', '/session/password', { password: given, newPassword }, as)
  expect(await change('wrong', other)).toMatchObject({ status: 401, code: 'SIGN_IN_REFUSED' })
  for (const unfit of ['short', 'aaaaaaaaaaaaaaaa', `${name}12345`]) {
    expect(await change(password, unfit), unfit).toMatchObject({ status: 400, code: 'PASSWORD_UNFIT' })
  }
  const answer = await change(password, other)
  expect(answer).toMatchObject({ status: 200 })
  for (const ended of [as, elsewhere]) expect(await ask(app, { headers: ended })).toMatchObject({ kind: 'nobody' })
  expect(await ask(app, { headers: cookieOf(answer) })).toMatchObject({ kind: 'user', name })
  expect(await signIn(name)).toMatchObject({ status: 401 })
  expect(await signIn(name, other)).toMatchObject({ status: 200 })
})

test('admins add, change and remove users, whose sessions end with it', async () => {
  const root = await asRoot()
  const name = `user-${++made}`
  const added = await call('POST', '/users', { name: name.toUpperCase(), role: 'viewer', password }, root)
  expect(added).toMatchObject({ status: 201, name, role: 'viewer', signsIn: 'password' })
  expect(await call('POST', '/users', { name, role: 'viewer', password }, root)).toMatchObject({ status: 409 })
  expect(await call('POST', '/users', { name: 'a b', role: 'viewer', password }, root)).toMatchObject({ status: 400 })
  const session = cookieOf(await signIn(name))
  expect(await call('PUT', `/users/${name}/role`, { role: 'operator' }, root)).toMatchObject({ role: 'operator' })
  expect(await ask(app, { headers: session })).toMatchObject({ kind: 'nobody' })
  expect(await call('PUT', `/users/${name}/password`, { password: other }, root)).toMatchObject({ status: 200 })
  expect(await signIn(name, other)).toMatchObject({ status: 200 })
  const { users } = await call('GET', '/users', undefined, root)
  expect(users).toContainEqual(expect.objectContaining({ name, role: 'operator' }))
  expect(JSON.stringify(users)).not.toContain('argon2')
  expect(await call('DELETE', `/users/${name}`, undefined, root)).toMatchObject({ status: 200 })
  expect(await call('DELETE', `/users/${name}`, undefined, root)).toMatchObject({ status: 404, code: 'USER_UNKNOWN' })
})

test('the last admin stays', async () => {
  const root = await asRoot()
  const refused = { status: 409, code: 'ADMIN_NEEDED' }
  expect(await call('DELETE', '/users/root', undefined, root)).toMatchObject(refused)
  expect(await call('PUT', '/users/root/role', { role: 'viewer' }, root)).toMatchObject(refused)
})

describe('tokens', () => {
  test('can do no more than who makes them, and are seen by their owner and by admins', async () => {
    const { name: owner, as } = await newUser('operator')
    const name = `t-${++made}`
    const make = (role: string, more: object = {}) => call('POST', '/tokens', { name, role, ...more }, as)
    expect(await make('admin')).toMatchObject({ status: 403, code: 'NOT_ALLOWED' })
    const answer = await make('operator', { sources: ['shop'] })
    expect(answer).toMatchObject({ status: 201, token: { name, owner, role: 'operator', sources: ['shop'] } })
    expect(answer.secret).toMatch(/^hf_[\w-]{43}$/)
    expect(await make('viewer')).toMatchObject({ status: 409, code: 'TOKEN_EXISTS' })
    const mine = async (headers: Headers) => JSON.stringify((await call('GET', '/tokens', undefined, headers)).tokens)
    expect(await mine(as)).toContain(`"${name}"`)
    expect(await mine(await asRoot())).toContain(`"${name}"`)
    expect(await mine(as)).not.toContain(String(answer.secret))
    const stranger = await newUser('operator')
    expect(await mine(stranger.as)).not.toContain(`"${name}"`)
    expect(await call('DELETE', `/tokens/${name}`, undefined, stranger.as)).toMatchObject({ status: 404 })
    expect(await call('DELETE', `/tokens/${name}`, undefined, as)).toMatchObject({ status: 200 })
    const used = { authorization: `Bearer ${String(answer.secret)}` }
    expect(await ask(app, { headers: used })).toMatchObject({ status: 401 })
  })

  test('last a year unless told otherwise', async () => {
    const root = await asRoot()
    const expiry = async (more: object) => {
      const { token } = await call('POST', '/tokens', { name: `t-${++made}`, role: 'viewer', ...more }, root)
      const expiresAt = /"expiresAt":"([^"]+)"/.exec(JSON.stringify(token))?.[1]
      return expiresAt === undefined ? undefined : (Date.parse(expiresAt) - fixture.ctx.now().getTime()) / 86_400_000
    }
    expect(await expiry({})).toBe(365)
    expect(await expiry({ expiresInDays: 1 })).toBe(1)
    expect(await expiry({ expiresInDays: 'never' })).toBeUndefined()
  })

  test('cannot make others, change passwords, or, where they are limited to sources, touch people', async () => {
    const root = await asRoot()
    const make = async (more: object) => {
      const { secret } = await call('POST', '/tokens', { name: `t-${++made}`, role: 'admin', ...more }, root)
      return { authorization: `Bearer ${String(secret)}` }
    }
    const whole = await make({})
    const limited = await make({ sources: ['shop'] })
    const refused = { status: 403, code: 'PERSON_NEEDED' }
    expect(await call('POST', '/tokens', { name: 'more', role: 'viewer' }, whole)).toMatchObject(refused)
    const change = { password, newPassword: other }
    expect(await call('PUT', '/session/password', change, whole)).toMatchObject(refused)
    expect(await call('GET', '/users', undefined, whole)).toMatchObject({ status: 200 })
    for (const [method, path, body] of [
      ['GET', '/users', undefined],
      ['POST', '/users', { name: 'eve', role: 'admin', password }],
      ['PUT', '/users/root/password', { password: other }],
      ['PUT', '/users/root/role', { role: 'admin' }],
      ['DELETE', '/users/root', undefined],
      ['GET', '/audit', undefined],
      ['GET', '/audit/verify', undefined],
    ] as const) {
      expect(await call(method, path, body, limited), path).toMatchObject({ status: 403, code: 'CALLER_LIMITED' })
    }
  })
})

test('every change, and every refusal of somebody known, is in the audit log, and no secret is', async () => {
  const root = await asRoot()
  const { name, as } = await newUser('viewer')
  await call('POST', '/users', { name: 'eve', role: 'admin', password }, as)
  await call('POST', '/users', { name: 'eve', role: 'admin', password })
  await call('PUT', `/users/${name}/role`, { role: 'operator' }, root)
  await signIn(name, 'wrong password here')
  const { entries } = await call('GET', '/audit?limit=4', undefined, root)
  expect(entries).toMatchObject([
    { callerKind: 'nobody', act: 'session.open', subject: name, detail: { code: 'SIGN_IN_REFUSED' } },
    { callerKind: 'user', caller: 'root', act: 'user.role', subject: `${name} operator`, outcome: 'done' },
    { caller: name, act: 'user.add', outcome: 'refused', detail: { code: 'NOT_ALLOWED', address: '127.0.0.1' } },
    { act: 'session.open', subject: name, outcome: 'done' },
  ])
  const all = JSON.stringify(await fixture.catalogue.audit.list({ limit: 1000 }))
  for (const secret of [password, other, 'wrong password here', 'hf_']) expect(all).not.toContain(secret)
  expect(await call('GET', '/audit/verify', undefined, root)).toMatchObject({
    status: 200,
    checked: expect.any(Number),
  })
  expect((await verifyAudit(fixture.catalogue.audit)).broken).toBeUndefined()
  fixture.advance(3_600_000)
})
