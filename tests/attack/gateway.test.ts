import { createHash, randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import { check } from '@holdfast/repository/check/check'
import type { Repository } from '@holdfast/repository/repository'
import { save } from '@holdfast/repository/save/save'
import { groupByHostAndPaths } from '@holdfast/repository/snapshot/group-snapshots'
import { dataDraft, treeDraft } from '@holdfast/repository/tree/built-repository'
import {
  createGatewayFixture,
  type FixtureAgent,
  type GatewayFixture,
} from '@holdfast/server/gateway/testing/gateway-fixture'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createForger, type ForgedFile, type Forger } from './forged-files.ts'
import { basic, type HostileReply, sendHostile } from './hostile-request.ts'
import { compareStates, stateOf } from './repository-state.ts'

// An agent's host has been taken over: whoever did it has the agent's secret and the password of the repository, and
// with them the key. What they send is not what any program of ours would send.

const ctx = quietContext()
let site: GatewayFixture
let shared: Repository
let forger: Forger
/** one name of each folder that was there before */
let known: Record<'data' | 'index' | 'keys' | 'locks' | 'snapshots', string>

beforeAll(async () => {
  site = await createGatewayFixture()
  shared = await site.open('shared')
  forger = createForger(shared, ctx)
  await writeFile(join(site.directory, 'site/page'), randomBytes(100_000))
  await backUp(shared, 'the-server')
  await backUp(await site.open('foreign'), 'other')
  const lock = forger.lock({ time: ctx.now().toISOString(), exclusive: false })
  await shared.backend.write({ type: 'lock', name: lock.name }, lock.bytes, { content: 'metadata' }, ctx)
  const first = async (type: 'data' | 'index' | 'key' | 'snapshot'): Promise<string> => {
    for await (const { name } of shared.backend.list(type, ctx)) return name
    return ''
  }
  known = {
    data: await first('data'),
    index: await first('index'),
    keys: await first('key'),
    locks: lock.name,
    snapshots: await first('snapshot'),
  }
})
afterAll(() => site[Symbol.asyncDispose]())

async function backUp(repository: Repository, hostname: string): Promise<void> {
  const source = { type: 'paths', paths: [join(site.directory, 'site')], workingDirectory: '/' } as const
  await save(
    [repository],
    {
      ...{ source, identity: { hostname, username: 'root', uid: 0, gid: 0 }, time: ctx.now(), tags: [] },
      ...{ programVersion: 'test', filter: {}, excludes: [], parent: { type: 'choose', groupBy: groupByHostAndPaths } },
      ...{ withAtime: false, ignoreCtime: false, ignoreInode: false, compression: 'auto', packBytes: 4 << 20 },
      ...{ workers: 1, dryRun: false, skipIfUnchanged: false, verbose: false, scan: false },
    },
    ctx,
  )
}

function ask(agent: FixtureAgent, method: string, path: string, more: Partial<Parameters<typeof sendHostile>[1]> = {}) {
  const authorization = basic(agent, site.secrets[agent])
  return sendHostile(site.origin, { method, path, ...more, headers: { authorization, ...more.headers } })
}

const send = (agent: FixtureAgent, { folder, name, bytes }: ForgedFile, repository = 'shared'): Promise<HostileReply> =>
  ask(agent, 'POST', `/gateway/${repository}/${folder}/${name}`, { body: bytes })

const bothStates = async () => [
  await stateOf(site.repositoryPath('shared')),
  await stateOf(site.repositoryPath('foreign')),
]

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'MOVE', 'COPY', 'TRACE']

/** label → path as sent */
function everyPath(): ReadonlyMap<string, string> {
  const paths = new Map<string, string>()
  const own = '/gateway/shared'
  for (const [folder, name] of Object.entries(known)) {
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
    'tips/<name>': `${own}/tips/${known.data}`,
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
        return [method, await ask(agent, method, path, { headers, ...body })] as const
      }),
    )
    for (const [method, { status }] of replies) {
      expect(status, `${method} ${label}: ${site.log().slice(-500)}`).toBeLessThan(500)
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
  const before = await bothStates()
  expect(await sweep('web')).toEqual(appendOnly)
  expect(await sweep('vault')).toEqual(writeOnly)
  expect(await bothStates()).toEqual(before)
  const listed = await ask('vault', 'GET', '/gateway/shared/snapshots/')
  expect(JSON.parse(listed.body.toString()), 'a write-only agent sees no snapshot of others').toEqual([])
})

test('headers that ask for another method, host, address or user change nothing', async () => {
  const before = await bothStates()
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
  expect(await bothStates()).toEqual(before)
})

test('nobody gets in without the very secret, under the very name', async () => {
  const config = '/gateway/shared/config'
  const { web, other } = site.secrets
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
    const { status, body } = await sendHostile(site.origin, { method: 'GET', path: config, headers: { authorization } })
    expect([label, status]).toEqual([label, 401])
    expect(body.toString()).not.toContain(shared.config.id)
  }
  const bearer = { authorization: `Bearer ${web}` }
  expect((await sendHostile(site.origin, { method: 'GET', path: config, headers: bearer })).status).toBe(200)
})

test('files that are not what they say are refused, and leave nothing behind', async () => {
  const before = await bothStates()
  const pack = await forger.pack([dataDraft('true')])
  const wrongBlob = await forger.pack([{ ...dataDraft('garbage'), id: dataDraft('what others will store').id }])
  const sound = await forger.pack([dataDraft('sound')])
  const now = ctx.now().toISOString()
  const cases: Readonly<Record<string, ForgedFile>> = {
    'bytes of another name': { ...pack, name: '1'.repeat(64) },
    'a name that is taken': { folder: 'data', name: known.data, bytes: pack.bytes },
    'random bytes under their name': named('data', randomBytes(5_000)),
    'nothing under its name': named('data', Buffer.alloc(0)),
    'a blob that is not what its id says': wrongBlob,
    'a pack cut short': named('data', pack.bytes.subarray(0, -1)),
    'a pack with a longer end': named('data', Buffer.concat([pack.bytes, Buffer.alloc(9)])),
    'a pack as an index': named('index', pack.bytes),
    'an index of a pack that is not there': forger.index([{ id: '2'.repeat(64), blobs: sound.blobs }]),
    'an index with blobs that a pack does not hold': forger.index([
      { id: known.data, blobs: [{ ...dataDraft('x'), type: 'data', offset: 0, length: 40, rawLength: 0 }] },
    ]),
    'an index that supersedes others': forger.index([], `,"supersedes":["${known.index}"]`),
    'an index that marks packs for deletion': forger.index(
      [],
      `,"packs_to_delete":[{"id":"${known.data}","blobs":[]}]`,
    ),
    'an exclusive lock': forger.lock({ time: now, exclusive: true }),
    'a lock of last year': forger.lock({ time: '2025-01-01T00:00:00Z', exclusive: false }),
    'a lock of next year': forger.lock({ time: '2099-01-01T00:00:00Z', exclusive: false }),
    'a lock that is no lock': named('locks', randomBytes(100)),
    'a snapshot that is none': named('snapshots', randomBytes(100)),
  }
  for (const [label, file] of Object.entries(cases)) {
    const { status } = await send('web', file)
    expect([label, status >= 400 && status < 500]).toEqual([label, true])
  }
  expect(await bothStates()).toEqual(before)
})

test('snapshots that would mislead retention, proofs, recovery or other hosts’ backups are refused', async () => {
  const before = await bothStates()
  site.giveRun({ id: 'run-site', source: 'site', attempt: 1, leasedBy: 'agent/web:1' })
  site.giveRun({ id: 'run-papers', source: 'papers', attempt: 1, leasedBy: 'agent/vault:1' })
  site.giveRun({ id: 'run-old', source: 'site', attempt: 1, leasedBy: 'agent/web:1', endedAt: new Date(0) })
  site.giveRun({ id: 'run-server', source: 'site', attempt: 1, leasedBy: 'server:1:ab' })
  site.giveRun({ id: 'run-verify', source: 'site', attempt: 1, leasedBy: 'agent/web:1', operation: 'verify' })
  const tree = treeDraft([]).id
  const own = (run: string): readonly string[] => ['holdfast', 'source=site', 'type=files', `run=${run}`]
  const hours = (count: number): string => new Date(ctx.now().getTime() + count * 3600_000).toISOString()
  const cases: Readonly<Record<string, Parameters<Forger['snapshot']>[0]>> = {
    'from the future': { tree, time: hours(24) },
    'from long ago': { tree, time: hours(-24 * 400) },
    'of another host': { tree, hostname: 'the-server' },
    'of no host': { tree, hostname: '' },
    'that replaces another': { tree, original: known.snapshots },
    'of a source of others': { tree, tags: ['holdfast', 'source=papers', 'type=files', 'run=run-papers'] },
    'of a source that is not there': { tree, tags: ['holdfast', 'source=none', 'type=files', 'run=run-site'] },
    'of two sources': { tree, tags: [...own('run-site'), 'source=papers'] },
    'of two runs': { tree, tags: [...own('run-site'), 'run=run-papers'] },
    'of another type': { tree, tags: ['holdfast', 'source=site', 'type=postgresql', 'run=run-site'] },
    'of no run': { tree, tags: own('run-site').slice(0, 3) },
    'of a run that nobody was given': { tree, tags: own('invented') },
    'of a run of another agent': { tree, tags: own('run-papers') },
    'of a run of the server': { tree, tags: own('run-server') },
    'of a run that ended long ago': { tree, tags: own('run-old') },
    'of a run that is no backup': { tree, tags: own('run-verify') },
    'that says it is a proof': { tree, tags: [...own('run-site'), 'proof=passed', 'of=12345678'] },
    'that says it is a log': { tree, tags: [...own('run-site'), 'log=wal'] },
    'that says it is a safety backup': { tree, tags: ['holdfast', 'safety=site', 'pin=x'] },
    'that pins itself': { tree, tags: [...own('run-site'), 'holdfast-pin'] },
    'that pins itself without more': { tree, tags: ['pin=for ever'] },
    'that says it is the catalogue': { tree, tags: ['holdfast', 'holdfast-catalogue'] },
    'that has tags of a source but is none': { tree, tags: ['source=site'] },
    'of a database under a path of files': {
      ...{ tree, hostname: 'db', paths: ['/srv/site'] },
      tags: ['holdfast', 'source=shop', 'type=postgresql', 'method=wire', 'run=run-site'],
    },
  }
  for (const [label, fields] of Object.entries(cases)) {
    expect([label, (await send('web', forger.snapshot(fields))).status]).toEqual([label, 403])
  }
  expect(await bothStates()).toEqual(before)
})

test('what is true is added, once for each run, and nothing that was there is touched', async () => {
  const before = await bothStates()
  site.giveRun({ id: 'run-true', source: 'site', attempt: 1, leasedBy: 'agent/web:1' })
  const tree = treeDraft([])
  const pack = await forger.pack([tree])
  const index = forger.index([{ id: pack.name, blobs: pack.blobs }])
  const tags = ['holdfast', 'source=site', 'type=files', 'run=run-true']
  const snapshot = forger.snapshot({ tree: tree.id, tags })
  const second = forger.snapshot({ tree: tree.id, tags, username: 'again' })
  const lock = forger.lock({ time: ctx.now().toISOString(), exclusive: false })
  for (const file of [lock, pack, index, snapshot]) expect((await send('web', file)).status, file.folder).toBe(200)
  expect((await send('web', second)).status, 'a second snapshot of the same run').toBe(403)
  expect((await send('web', snapshot)).status, 'the same again').toBe(403)
  for (const { folder, name } of [pack, index, snapshot]) {
    expect((await ask('web', 'DELETE', `/gateway/shared/${folder}/${name}`)).status, `remove its own ${folder}`).toBe(
      403,
    )
  }
  expect((await ask('vault', 'DELETE', `/gateway/shared/locks/${lock.name}`)).status, 'another’s lock').toBe(403)
  expect((await ask('web', 'DELETE', `/gateway/shared/locks/${known.locks}`)).status, 'the server’s lock').toBe(403)
  expect((await ask('web', 'DELETE', `/gateway/shared/locks/${lock.name}`)).status, 'its own lock').toBe(200)
  expect((await ask('web', 'DELETE', `/gateway/shared/locks/${lock.name}`)).status, 'once more').toBe(403)
  const after = await bothStates()
  expect(compareStates(before[0] ?? new Map(), after[0] ?? new Map())).toEqual({
    changed: [],
    removed: [],
    added: [
      `data/${pack.name.slice(0, 2)}/${pack.name}`,
      `index/${index.name}`,
      `snapshots/${snapshot.name}`,
    ].toSorted(),
  })
  expect(after[1]).toEqual(before[1])
  const { findings } = await check(shared, { readData: 'all', workers: 1 }, ctx)
  expect(findings).toEqual([])
})

test('what others rely on is added only under a lock, and not while somebody has the repository alone', async () => {
  const before = await bothStates()
  const pack = await forger.pack([dataDraft('added without a lock')])
  const index = forger.index([{ id: pack.name, blobs: pack.blobs }])
  const snapshot = forger.snapshot({ tree: treeDraft([]).id })
  // a pack that no index names is nobody's
  expect((await send('web', pack)).status).toBe(200)
  expect([(await send('web', index)).status, (await send('web', snapshot)).status]).toEqual([403, 403])
  const lock = forger.lock({ time: ctx.now().toISOString(), exclusive: false })
  expect((await send('web', lock)).status).toBe(200)
  const { name, bytes } = forger.lock({ time: ctx.now().toISOString(), exclusive: true })
  await shared.backend.write({ type: 'lock', name }, bytes, { content: 'metadata' }, ctx)
  expect([(await send('web', index)).status, (await send('web', snapshot)).status]).toEqual([503, 503])
  await shared.backend.remove({ type: 'lock', name }, ctx)
  expect((await send('vault', index)).status, 'another’s lock is not its own').toBe(403)
  expect((await ask('web', 'DELETE', `/gateway/shared/locks/${lock.name}`)).status).toBe(200)
  const [after] = await bothStates()
  const { changed, removed, added } = compareStates(before[0] ?? new Map(), after ?? new Map())
  expect([changed, removed, added]).toEqual([[], [], [`data/${pack.name.slice(0, 2)}/${pack.name}`]])
})

test('bodies that are too long, too short or announced otherwise are refused without being kept', async () => {
  const before = await bothStates()
  const lock = forger.lock({ time: ctx.now().toISOString(), exclusive: false })
  const path = `/gateway/shared/locks/${lock.name}`
  const huge = { 'content-length': String(1024 ** 4) }
  expect((await ask('web', 'POST', path, { headers: huge })).status).not.toBe(200)
  expect((await ask('web', 'POST', path, { body: Buffer.alloc(70_000) })).status).toBe(413)
  expect(
    (await ask('web', 'POST', path, { headers: { 'transfer-encoding': 'chunked' }, body: lock.bytes })).status,
  ).not.toBe(200)
  expect((await ask('web', 'POST', path, { headers: { 'content-length': '-1' }, body: lock.bytes })).status).not.toBe(
    200,
  )
  expect(await bothStates()).toEqual(before)
})

test('ranges give what they ask for and never more than the file', async () => {
  const path = `/gateway/shared/data/${known.data}`
  const whole = (await ask('web', 'GET', path)).body
  expect(createHash('sha256').update(whole).digest('hex')).toBe(known.data)
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
    const reply = await ask('web', 'GET', path, { headers: { range } })
    expect([range, reply.status, reply.body.equals(body)]).toEqual([range, status, true])
  }
  for (const range of [`bytes=${size}-`, 'bytes=999999999999999-', 'bytes=-0']) {
    expect([range, (await ask('web', 'GET', path, { headers: { range } })).status]).toEqual([range, 416])
  }
})

test('what was tried is known: the log says it, and a mark of which a finding is made', async () => {
  const mark = await site.catalogue.marks.get('gateway-refused/web')
  expect(JSON.parse(mark ?? '{}')).toMatchObject({ at: expect.any(String), what: expect.stringContaining('web') })
  expect(site.log()).toContain('the gateway refused: agent web may not')
  expect(site.log()).not.toContain('FAULT')
  expect(site.log()).not.toContain('could not answer')
  for (const secret of Object.values(site.secrets)) expect(site.log()).not.toContain(secret)
})

function named(folder: ForgedFile['folder'], bytes: Uint8Array): ForgedFile {
  return { folder, bytes, name: createHash('sha256').update(bytes).digest('hex') }
}
