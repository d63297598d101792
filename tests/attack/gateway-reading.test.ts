import { createHash, randomBytes } from 'node:crypto'
import type { FixtureAgent } from '@holdfast/server/gateway/testing/gateway-fixture'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createHijack, type Hijack } from './hijack.ts'
import { basic, sendHostile } from './hostile-request.ts'

let hijack: Hijack

beforeAll(async () => {
  hijack = await createHijack()
})
afterAll(() => hijack[Symbol.asyncDispose]())

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'MOVE', 'COPY', 'TRACE']

/** label → path as sent */
function everyPath(): ReadonlyMap<string, string> {
  const paths = new Map<string, string>()
  const own = '/gateway/shared'
  for (const [folder, name] of Object.entries(hijack.known)) {
    paths.set(`${folder}/`, `${own}/${folder}/`)
    paths.set(`${folder}/<there>`, `${own}/${folder}/${name}`)
    paths.set(`${folder}/<absent>`, `${own}/${folder}/${'0'.repeat(64)}`)
    paths.set(`${folder} without slash`, `${own}/${folder}`)
    paths.set(`${folder}/<upper case>`, `${own}/${folder}/${name.toUpperCase()}`)
    paths.set(`${folder}/<short>`, `${own}/${folder}/${name.slice(0, 8)}`)
    paths.set(`${folder}/<there>/`, `${own}/${folder}/${name}/`)
    paths.set(`${folder}/<encoded>`, `${own}/${folder}/%${name.charCodeAt(0).toString(16)}${name.slice(1)}`)
    paths.set(`${folder}/<there>%00`, `${own}/${folder}/${name}%00`)
    paths.set(`${folder}/<there>?x`, `${own}/${folder}/${name}?create=true`)
    paths.set(`//${folder}/<there>`, `/gateway//shared//${folder}//${name}`)
    paths.set(`../${folder}/<there>`, `${own}/data/../${folder}/${name}`)
    paths.set(`sharded ${folder}`, `${own}/${folder}/${name.slice(0, 2)}/${name}`)
    paths.set(`foreign ${folder}/`, `/gateway/foreign/${folder}/`)
    paths.set(`out to foreign ${folder}/`, `${own}/../foreign/${folder}/`)
    paths.set(`out encoded to foreign ${folder}/`, `${own}/%2e%2e/foreign/${folder}/`)
    paths.set(`slash encoded to foreign ${folder}/`, `/gateway/shared%2f..%2fforeign/${folder}/`)
    paths.set(`backslash to foreign ${folder}/`, `/gateway/shared\\..\\foreign/${folder}/`)
  }
  const more = {
    root: `${own}/`,
    'root without slash': own,
    create: `${own}/?create=true`,
    config: `${own}/config`,
    'config/': `${own}/config/`,
    'config?x': `${own}/config?create=true`,
    'tips/': `${own}/tips/`,
    'tips/<name>': `${own}/tips/${hijack.known.data}`,
    'tmp/': `${own}/tmp/`,
    'all repositories': '/gateway/',
    'the system': `${own}/data/../../../../etc/passwd`,
    'the system, encoded': `${own}/data/%2e%2e%2f%2e%2e%2f%2e%2e%2fetc%2fpasswd`,
    'foreign config': '/gateway/foreign/config',
    'foreign, upper case': '/gateway/FOREIGN/config',
    'foreign create': '/gateway/foreign/?create=true',
    'new repository': '/gateway/mine/?create=true',
    prototype: '/gateway/__proto__/config',
    constructor: '/gateway/constructor/config',
    'a whole address': `http://elsewhere${own}/config`,
    'very long': `${own}/data/${'a'.repeat(6000)}`,
    'bad encoding': '/gateway/%zz/config',
  }
  for (const [label, path] of Object.entries(more)) paths.set(label, path)
  return paths
}

/** What succeeded, by path: "config: GET HEAD". */
async function sweep(agent: FixtureAgent, headers: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const succeeded: string[] = []
  for (const [label, path] of everyPath()) {
    const allowed: string[] = []
    const replies = await Promise.all(
      methods.map(async (method) => {
        const body = method === 'POST' || method === 'PUT' || method === 'PATCH' ? { body: randomBytes(100) } : {}
        return [method, await hijack.ask(agent, method, path, { headers, ...body })] as const
      }),
    )
    for (const [method, { status }] of replies) {
      expect(status, `${method} ${label}: ${hijack.site.log().slice(-500)}`).toBeLessThan(500)
      if (status > 0 && status < 400) allowed.push(method)
    }
    if (allowed.length > 0) succeeded.push(`${label}: ${allowed.join(' ')}`)
  }
  return succeeded
}

/** A listing of own files only shows nothing of others. */
const appendOnly = [
  'data/: GET',
  'data/<there>: GET HEAD',
  'index/: GET',
  'index/<there>: GET HEAD',
  'keys/: GET',
  'keys/<there>: GET HEAD',
  'locks/: GET',
  'locks/<there>: GET HEAD',
  'snapshots/: GET',
  'snapshots/<there>: GET HEAD',
  'config: GET HEAD',
]
const writeOnly = [
  'data/<there>: HEAD',
  'index/: GET',
  'index/<there>: GET HEAD',
  'keys/: GET',
  'keys/<there>: GET HEAD',
  'locks/: GET',
  'locks/<there>: GET HEAD',
  'snapshots/: GET',
  'snapshots/<there>: HEAD',
  'config: GET HEAD',
]

test('of every verb and path, only what the role may read is answered, and nothing is altered', async () => {
  const before = await hijack.bothStates()
  expect(await sweep('web')).toEqual(appendOnly)
  expect(await sweep('vault')).toEqual(writeOnly)
  expect(await hijack.bothStates()).toEqual(before)
  const listed = await hijack.ask('vault', 'GET', '/gateway/shared/snapshots/')
  expect(JSON.parse(listed.body.toString()), 'a write-only agent sees no snapshot of others').toEqual([])
})

test('headers that ask for another method, host, address or user change nothing', async () => {
  const before = await hijack.bothStates()
  const tricks = {
    'x-http-method-override': 'DELETE',
    'x-http-method': 'DELETE',
    'x-method-override': 'DELETE',
    'x-original-url': '/gateway/foreign/config',
    'x-rewrite-url': '/gateway/foreign/config',
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-user': 'other',
    'x-remote-user': 'other',
    forwarded: 'for=127.0.0.1;host=localhost',
    cookie: 'holdfast_session=1',
  }
  expect(await sweep('vault', tricks)).toEqual(writeOnly)
  expect(await hijack.bothStates()).toEqual(before)
})

test('nobody gets in without the very secret, under the very name', async () => {
  const config = '/gateway/shared/config'
  const { web, other } = hijack.site.secrets
  const attempts: Readonly<Record<string, string>> = {
    nothing: '',
    'no secret': basic('web', ''),
    'half a secret': basic('web', web.slice(0, -1)),
    'more than the secret': basic('web', `${web}x`),
    'another name': basic('vault', web),
    'another agent': basic('web', other),
    'no name': basic('', web),
    'a colon in the name': basic('web:vault', web),
    'another scheme': `Digest ${web}`,
    'two at once': `Bearer ${web}, Bearer ${web}`,
    'not base64': 'Basic \u00fc\u00fc\u00fc',
    'very long': basic('web', 'a'.repeat(10_000)),
  }
  for (const [label, authorization] of Object.entries(attempts)) {
    const { status, body } = await sendHostile(hijack.site.origin, {
      method: 'GET',
      path: config,
      headers: { authorization },
    })
    expect([label, status]).toEqual([label, 401])
    expect(body.toString()).not.toContain(hijack.shared.config.id)
  }
  const bearer = { authorization: `Bearer ${web}` }
  expect((await sendHostile(hijack.site.origin, { method: 'GET', path: config, headers: bearer })).status).toBe(200)
})

test('ranges give what they ask for and never more than the file', async () => {
  const path = `/gateway/shared/data/${hijack.known.data}`
  const whole = (await hijack.ask('web', 'GET', path)).body
  expect(createHash('sha256').update(whole).digest('hex')).toBe(hijack.known.data)
  const size = whole.length
  const cases: Readonly<Record<string, readonly [number, Buffer]>> = {
    'bytes=0-9': [206, whole.subarray(0, 10)],
    'bytes=10-': [206, whole.subarray(10)],
    'bytes=-10': [206, whole.subarray(size - 10)],
    [`bytes=0-${size * 10}`]: [206, whole],
    [`bytes=-${size * 10}`]: [206, whole],
    [`bytes=${size - 1}-${size - 1}`]: [206, whole.subarray(size - 1)],
    'bytes=5-4': [200, whole],
    'bytes=0-1,3-4': [200, whole],
    'lines=0-1': [200, whole],
    'bytes=-': [200, whole],
    'bytes=1e3-': [200, whole],
  }
  for (const [range, [status, body]] of Object.entries(cases)) {
    const reply = await hijack.ask('web', 'GET', path, { headers: { range } })
    expect([range, reply.status, reply.body.equals(body)]).toEqual([range, status, true])
  }
  for (const range of [`bytes=${size}-`, 'bytes=999999999999999-', 'bytes=-0']) {
    expect([range, (await hijack.ask('web', 'GET', path, { headers: { range } })).status]).toEqual([range, 416])
  }
})
