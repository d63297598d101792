import { createHash, randomBytes } from 'node:crypto'
import { quietContext } from '@holdfast/core/context'
import { check } from '@holdfast/repository/check/check'
import { dataDraft, treeDraft } from '@holdfast/repository/tree/built-repository'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createForger, type ForgedFile, type Forger } from './forged-files.ts'
import { createHijack, type Hijack } from './hijack.ts'
import { compareStates } from './repository-state.ts'

const ctx = quietContext()
let hijack: Hijack

beforeAll(async () => {
  hijack = await createHijack()
})
afterAll(() => hijack[Symbol.asyncDispose]())

test('files that are not what they say are refused, and leave nothing behind', async () => {
  const before = await hijack.bothStates()
  const pack = await hijack.forger.pack([dataDraft('true')])
  const wrongBlob = await hijack.forger.pack([{ ...dataDraft('garbage'), id: dataDraft('what others will store').id }])
  const sound = await hijack.forger.pack([dataDraft('sound')])
  const now = ctx.now().toISOString()
  const cases: Readonly<Record<string, ForgedFile>> = {
    'bytes of another name': { ...pack, name: '1'.repeat(64) },
    'a name that is taken': { folder: 'data', name: hijack.known.data, bytes: pack.bytes },
    'random bytes under their name': named('data', randomBytes(5_000)),
    'nothing under its name': named('data', Buffer.alloc(0)),
    'a blob that is not what its id says': wrongBlob,
    'a pack cut short': named('data', pack.bytes.subarray(0, -1)),
    'a pack with a longer end': named('data', Buffer.concat([pack.bytes, Buffer.alloc(9)])),
    'a pack as an index': named('index', pack.bytes),
    'an index of a pack that is not there': hijack.forger.index([{ id: '2'.repeat(64), blobs: sound.blobs }]),
    'an index with blobs that a pack does not hold': hijack.forger.index([
      { id: hijack.known.data, blobs: [{ ...dataDraft('x'), type: 'data', offset: 0, length: 40, rawLength: 0 }] },
    ]),
    'an index that supersedes others': hijack.forger.index([], `,"supersedes":["${hijack.known.index}"]`),
    'an index that marks packs for deletion': hijack.forger.index(
      [],
      `,"packs_to_delete":[{"id":"${hijack.known.data}","blobs":[]}]`,
    ),
    'an exclusive lock': hijack.forger.lock({ time: now, exclusive: true }),
    'a lock of last year': hijack.forger.lock({ time: '2025-01-01T00:00:00Z', exclusive: false }),
    'a lock of next year': hijack.forger.lock({ time: '2099-01-01T00:00:00Z', exclusive: false }),
    'a lock that is no lock': named('locks', randomBytes(100)),
    'a snapshot that is none': named('snapshots', randomBytes(100)),
  }
  for (const [label, file] of Object.entries(cases)) {
    const { status, body } = await hijack.send('web', file)
    expect([label, status >= 400 && status < 500]).toEqual([label, true])
    // what is true would be denied so, too
    expect([label, body.toString()]).toEqual([label, expect.not.stringContaining('without a lock')])
  }
  expect(await hijack.bothStates()).toEqual(before)
})

test('snapshots that would mislead retention, proofs, recovery or other hosts’ backups are refused', async () => {
  const before = await hijack.bothStates()
  hijack.site.giveRun({ id: 'run-site', source: 'site', attempt: 1, leasedBy: 'agent/web:1' })
  hijack.site.giveRun({ id: 'run-shop', source: 'shop', attempt: 1, leasedBy: 'agent/web:1' })
  hijack.site.giveRun({ id: 'run-papers', source: 'papers', attempt: 1, leasedBy: 'agent/vault:1' })
  hijack.site.giveRun({ id: 'run-old', source: 'site', attempt: 1, leasedBy: 'agent/web:1', startedAt: new Date(0) })
  hijack.site.giveRun({ id: 'run-server', source: 'site', attempt: 1, leasedBy: 'server:1:ab' })
  hijack.site.giveRun({ id: 'run-verify', source: 'site', attempt: 1, leasedBy: 'agent/web:1', operation: 'verify' })
  const tree = treeDraft([]).id
  const own = (run: string): readonly string[] => ['holdfast', 'source=site', 'type=files', `run=${run}`]
  const hours = (count: number): string => new Date(ctx.now().getTime() + count * 3600_000).toISOString()
  const cases: Readonly<Record<string, Parameters<Forger['snapshot']>[0]>> = {
    'from the future': { tree, time: hours(24) },
    'from long ago': { tree, time: hours(-24 * 400) },
    'of another host': { tree, hostname: 'the-server' },
    'of no host': { tree, hostname: '' },
    'that replaces another': { tree, original: hijack.known.snapshots },
    'of a source of others': { tree, tags: ['holdfast', 'source=papers', 'type=files', 'run=run-papers'] },
    'of a source that is not there': { tree, tags: ['holdfast', 'source=none', 'type=files', 'run=run-site'] },
    'of two sources': { tree, tags: [...own('run-site'), 'source=papers'] },
    'of two runs': { tree, tags: [...own('run-site'), 'run=run-papers'] },
    'of another type': { tree, tags: ['holdfast', 'source=site', 'type=postgresql', 'run=run-site'] },
    'of no run': { tree, tags: own('run-site').slice(0, 3) },
    'of a run that nobody was given': { tree, tags: own('invented') },
    'of a run of another agent': { tree, tags: own('run-papers') },
    'of a run of the server': { tree, tags: own('run-server') },
    'of a run that began long ago': { tree, tags: own('run-old') },
    'of a run that is no backup': { tree, tags: own('run-verify') },
    'that says it is a proof': { tree, tags: [...own('run-site'), 'proof=passed', 'of=12345678'] },
    'that says it is a log': { tree, tags: [...own('run-site'), 'log=wal'] },
    'that says it is a safety backup': { tree, tags: ['holdfast', 'safety=site', 'pin=x'] },
    'that pins itself': { tree, tags: [...own('run-site'), 'holdfast-pin'] },
    'that pins itself without more': { tree, tags: ['pin=for ever'] },
    'that says it is the catalogue': { tree, tags: ['holdfast', 'holdfast-catalogue'] },
    'that has tags of a source but is none': { tree, tags: ['source=site'] },
    'of a database under no path': {
      ...{ tree, hostname: 'the-server', paths: [] },
      tags: ['holdfast', 'source=shop', 'type=postgresql', 'method=wire', 'run=run-shop'],
    },
    'of a database under a path of files': {
      ...{ tree, hostname: 'db', paths: ['/srv/site'] },
      tags: ['holdfast', 'source=shop', 'type=postgresql', 'method=wire', 'run=run-shop'],
    },
  }
  for (const [label, fields] of Object.entries(cases)) {
    const { status, body } = await hijack.send('web', hijack.forger.snapshot(fields))
    // not for want of a lock, which would be denied only later
    expect([label, status, body.toString()]).toEqual([label, 403, expect.stringContaining('GATEWAY_FILE_REFUSED')])
  }
  expect(await hijack.bothStates()).toEqual(before)
})

test('what is true is added, once for each run, and nothing that was there is touched', async () => {
  const before = await hijack.bothStates()
  hijack.site.giveRun({ id: 'run-true', source: 'site', attempt: 1, leasedBy: 'agent/web:1' })
  const tree = treeDraft([])
  const pack = await hijack.forger.pack([tree])
  const index = hijack.forger.index([{ id: pack.name, blobs: pack.blobs }])
  const tags = ['holdfast', 'source=site', 'type=files', 'run=run-true']
  const snapshot = hijack.forger.snapshot({ tree: tree.id, tags })
  const second = hijack.forger.snapshot({ tree: tree.id, tags, username: 'again' })
  const lock = hijack.forger.lock({ time: ctx.now().toISOString(), exclusive: false })
  for (const file of [lock, pack, index, snapshot])
    expect((await hijack.send('web', file)).status, file.folder).toBe(200)
  expect((await hijack.send('web', second)).status, 'a second snapshot of the same run').toBe(403)
  expect((await hijack.send('web', snapshot)).status, 'the same again').toBe(403)
  for (const { folder, name } of [pack, index, snapshot]) {
    expect(
      (await hijack.ask('web', 'DELETE', `/gateway/shared/${folder}/${name}`)).status,
      `remove its own ${folder}`,
    ).toBe(403)
  }
  expect((await hijack.ask('vault', 'DELETE', `/gateway/shared/locks/${lock.name}`)).status, 'another’s lock').toBe(403)
  expect(
    (await hijack.ask('web', 'DELETE', `/gateway/shared/locks/${hijack.known.locks}`)).status,
    'the server’s lock',
  ).toBe(403)
  expect((await hijack.ask('web', 'DELETE', `/gateway/shared/locks/${lock.name}`)).status, 'its own lock').toBe(200)
  expect((await hijack.ask('web', 'DELETE', `/gateway/shared/locks/${lock.name}`)).status, 'once more').toBe(403)
  const after = await hijack.bothStates()
  expect(compareStates(before[0], after[0])).toEqual({
    changed: [],
    removed: [],
    added: [
      `data/${pack.name.slice(0, 2)}/${pack.name}`,
      `index/${index.name}`,
      `snapshots/${snapshot.name}`,
    ].toSorted(),
  })
  expect(after[1]).toEqual(before[1])
  const { findings } = await check(hijack.shared, { readData: 'all', workers: 1 }, ctx)
  expect(findings).toEqual([])
})

test('of many snapshots of one run that come in the same moment one stays', async () => {
  const before = await hijack.bothStates()
  hijack.site.giveRun({ id: 'run-many', source: 'site', attempt: 1, leasedBy: 'agent/web:1' })
  const lock = hijack.forger.lock({ time: ctx.now().toISOString(), exclusive: false })
  expect((await hijack.send('web', lock)).status).toBe(200)
  const tags = ['holdfast', 'source=site', 'type=files', 'run=run-many']
  const many = Array.from({ length: 12 }, (_, i) =>
    hijack.forger.snapshot({ tree: treeDraft([]).id, tags, username: `attempt ${i}` }),
  )
  const replies = await Promise.all(many.map((snapshot) => hijack.send('web', snapshot)))
  expect(replies.filter(({ status }) => status === 200)).toHaveLength(1)
  await hijack.ask('web', 'DELETE', `/gateway/shared/locks/${lock.name}`)
  const { added } = compareStates(before[0], (await hijack.bothStates())[0])
  expect(added).toEqual([`snapshots/${many[replies.findIndex(({ status }) => status === 200)]?.name}`])
})

test('what others rely on is added only under a lock, and not while somebody has the repository alone', async () => {
  const before = await hijack.bothStates()
  const pack = await hijack.forger.pack([dataDraft('added without a lock')])
  const index = hijack.forger.index([{ id: pack.name, blobs: pack.blobs }])
  const snapshot = hijack.forger.snapshot({ tree: treeDraft([]).id })
  // a pack that no index names is nobody's
  expect((await hijack.send('web', pack)).status).toBe(200)
  expect([(await hijack.send('web', index)).status, (await hijack.send('web', snapshot)).status]).toEqual([403, 403])
  const lock = hijack.forger.lock({ time: ctx.now().toISOString(), exclusive: false })
  expect((await hijack.send('web', lock)).status).toBe(200)
  const { name, bytes } = hijack.forger.lock({ time: ctx.now().toISOString(), exclusive: true })
  await hijack.shared.backend.write({ type: 'lock', name }, bytes, { content: 'metadata' }, ctx)
  expect([(await hijack.send('web', index)).status, (await hijack.send('web', snapshot)).status]).toEqual([503, 503])
  await hijack.shared.backend.remove({ type: 'lock', name }, ctx)
  expect((await hijack.send('vault', index)).status, 'another’s lock is not its own').toBe(403)
  expect((await hijack.ask('web', 'DELETE', `/gateway/shared/locks/${lock.name}`)).status).toBe(200)
  const [after] = await hijack.bothStates()
  const { changed, removed, added } = compareStates(before[0], after)
  expect([changed, removed, added]).toEqual([[], [], [`data/${pack.name.slice(0, 2)}/${pack.name}`]])
})

test('no more is stored in a day than the agent may, however many come at once and whatever else was refused', async () => {
  const before = await hijack.bothStates()
  const forger = createForger(await hijack.site.open('foreign'), ctx)
  const send = async ({ folder, name, bytes }: ForgedFile): Promise<number> =>
    (await hijack.ask('other', 'POST', `/gateway/foreign/${folder}/${name}`, { body: bytes })).status
  const draft = () => dataDraft(randomBytes(10_000).toString('hex'))
  const forged = { ...draft(), id: dataDraft('something else').id }
  for (let index = 0; index < 5; index++) expect(await send(await forger.pack([forged]))).toBe(403)
  const packs = await Promise.all(Array.from({ length: 10 }, () => forger.pack([draft()])))
  const statuses = await Promise.all(packs.map(send))
  const taken = statuses.filter((status) => status === 200)
  expect([taken.length, statuses.filter((status) => status === 507).length]).toEqual([3, 7])
  expect(compareStates(before[1], (await hijack.bothStates())[1]).added).toHaveLength(3)
  const lock = forger.lock({ time: ctx.now().toISOString(), exclusive: false })
  expect(await send(lock), 'what it needs to end in order').toBe(200)
  expect((await hijack.ask('other', 'DELETE', `/gateway/foreign/locks/${lock.name}`)).status).toBe(200)
  const volume = JSON.parse((await hijack.site.catalogue.marks.get('gateway-volume/other')) ?? '')
  expect(volume).toMatchObject({ refusedAt: expect.any(String) })
})

test('bodies that are too long, too short or announced otherwise are refused without being kept', async () => {
  const before = await hijack.bothStates()
  const lock = hijack.forger.lock({ time: ctx.now().toISOString(), exclusive: false })
  const path = `/gateway/shared/locks/${lock.name}`
  const huge = { 'content-length': String(1024 ** 4) }
  expect((await hijack.ask('web', 'POST', path, { headers: huge })).status).not.toBe(200)
  expect((await hijack.ask('web', 'POST', path, { body: Buffer.alloc(70_000) })).status).toBe(413)
  expect(
    (await hijack.ask('web', 'POST', path, { headers: { 'transfer-encoding': 'chunked' }, body: lock.bytes })).status,
  ).not.toBe(200)
  expect(
    (await hijack.ask('web', 'POST', path, { headers: { 'content-length': '-1' }, body: lock.bytes })).status,
  ).not.toBe(200)
  expect(await hijack.bothStates()).toEqual(before)
})

test('what was tried is known: the log says it, and a mark of which a finding is made', async () => {
  const mark = await hijack.site.catalogue.marks.get('gateway-refused/web')
  expect(JSON.parse(mark ?? '{}')).toMatchObject({ at: expect.any(String), what: expect.stringContaining('web') })
  expect(hijack.site.log()).toContain('of agent web was refused: its time is past')
  expect(hijack.site.log()).not.toContain('FAULT')
  expect(hijack.site.log()).not.toContain('could not answer')
  for (const secret of Object.values(hijack.site.secrets)) expect(hijack.site.log()).not.toContain(secret)
})

function named(folder: ForgedFile['folder'], bytes: Uint8Array): ForgedFile {
  return { folder, bytes, name: createHash('sha256').update(bytes).digest('hex') }
}
