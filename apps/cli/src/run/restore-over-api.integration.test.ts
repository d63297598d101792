/** Snapshots, restores and the aliases for clients of an earlier design, over HTTP, on a server as its users run it. */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { ErrorBody } from '@holdfast/api/error-body'
import { instanceRoutes } from '@holdfast/api/routes/instances'
import { restoreRoutes } from '@holdfast/api/routes/restores'
import { snapshotRoutes } from '@holdfast/api/routes/snapshots'
import { type RunView, runViewSchema } from '@holdfast/api/view/run-view'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type ControlFixture, createControlFixture, type RunningServer } from './testing/control-fixture.ts'

const stack = new AsyncDisposableStack()
const large = randomBytes(3 << 20)
let fixture: ControlFixture
let server: RunningServer
let restores: string
let data: string

const configured = (): string => `
server: { listen: '127.0.0.1:0', restoreTo: [./restores], reloadEvery: 500ms, discovery: off }
sources:
  web: { type: files, paths: [${data}], tier: temporary, repositories: all, copyMethod: fan-out }
  other: { type: files, paths: [${fixture.directory}/other], tier: temporary }
`

beforeAll(async () => {
  fixture = stack.use(await createControlFixture())
  restores = join(fixture.directory, 'restores')
  data = join(fixture.directory, 'data')
  mkdirSync(join(data, 'inner'), { recursive: true })
  mkdirSync(join(fixture.directory, 'other'))
  writeFileSync(join(fixture.directory, 'other', 'secret'), 'secret')
  writeFileSync(join(data, 'file'), 'content')
  writeFileSync(join(data, 'inner', 'large.bin'), large)
  writeFileSync(Buffer.concat([Buffer.from(`${data}/`), Buffer.of(0xff)]), 'odd')
  await fixture.configure(configured())
  for (const source of ['web', 'other']) await fixture.run(['run', 'backup', source])
  server = await fixture.serve()
})
afterAll(() => stack.disposeAsync())
beforeEach(() => {
  rmSync(restores, { recursive: true, force: true })
  mkdirSync(restores)
})

interface Answer {
  readonly status: number
  readonly body: unknown
}

async function call(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<Answer> {
  const answer = await fetch(`${server.address}${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  })
  return { status: answer.status, body: await answer.json() }
}

/** The body, which has to be what the route promises. */
async function ask<Schema extends { parse(body: unknown): unknown }>(
  { method, reply }: { readonly method: string; readonly reply: { readonly schema: Schema } },
  path: string,
  body?: unknown,
): Promise<ReturnType<Schema['parse']>> {
  const answer = await call(method as 'GET', path, body)
  expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300)
  // boundary: what a schema reads is of its type
  return reply.schema.parse(answer.body) as ReturnType<Schema['parse']>
}

async function refusal(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<string> {
  const answer = await call(method, path, body)
  expect(answer.status, JSON.stringify(answer.body)).toBeGreaterThanOrEqual(400)
  return `${answer.status} ${(answer.body as ErrorBody).error.code}`
}

async function ended({ id }: RunView): Promise<RunView> {
  for (const until = Date.now() + 120_000; Date.now() < until;) {
    const run = runViewSchema.parse((await call('GET', `/api/v1/runs/${id}`)).body)
    if (run.state !== 'queued' && run.state !== 'running') return run
    await pause(100)
  }
  throw new Error(`run ${id} does not end:\n${server.log()}`)
}

const plan = (more: object) => ask(restoreRoutes['restores.plan'], '/api/v1/restores/plan', { source: 'web', ...more })
const into = (path: string, existing?: 'replace') => ({
  to: { type: 'directory', path, ...(existing === undefined ? {} : { existing }) },
})

async function newest(source = 'web'): Promise<{ readonly repository: string; readonly id: string }> {
  const { snapshots } = await ask(
    snapshotRoutes['snapshots.list'],
    `/api/v1/snapshots?source=${source}&repository=first`,
  )
  const [first] = snapshots
  if (first === undefined) throw new Error('no snapshot')
  return first
}

describe('snapshots', () => {
  test('are listed page by page, from the catalogue and from the repositories alike', async () => {
    const all = await ask(snapshotRoutes['snapshots.list'], '/api/v1/snapshots')
    expect(all.snapshots.map(({ source, repository }) => `${source} ${repository}`).toSorted()).toEqual([
      'other first',
      'web first',
      'web second',
    ])
    expect(all.before).toBeUndefined()
    const fresh = await ask(snapshotRoutes['snapshots.list'], '/api/v1/snapshots?fresh=true')
    expect(fresh.snapshots).toEqual(all.snapshots)
    const paged: unknown[] = []
    for (let before = ''; ;) {
      const page = await ask(snapshotRoutes['snapshots.list'], `/api/v1/snapshots?limit=1${before}`)
      expect(page.snapshots).toHaveLength(1)
      paged.push(...page.snapshots)
      if (page.before === undefined) break
      before = `&before=${page.before}`
    }
    expect(paged).toEqual(all.snapshots)
    expect(await refusal('GET', '/api/v1/snapshots?source=wbe')).toBe('404 SOURCE_UNKNOWN')
    expect(await refusal('GET', '/api/v1/snapshots?before=x')).toBe('400 REQUEST_INVALID')
  })

  test('are looked into, and a file of them is downloaded whole', async () => {
    const { id } = await newest()
    const place = `/api/v1/repositories/first/snapshots/${id.slice(0, 12)}`
    expect(await ask(snapshotRoutes['snapshots.get'], place)).toMatchObject({
      id,
      source: 'web',
      tags: expect.any(Array),
    })
    const { entries } = await ask(snapshotRoutes['snapshots.files'], `${place}/files?path=${encodeURIComponent(data)}`)
    expect(entries.map(({ name }) => name)).toEqual(['file', 'inner', '\\xff'])
    const odd = await fetch(`${server.address}${place}/download?path=${encodeURIComponent(entries[2]?.path ?? '')}`)
    expect(await odd.text()).toBe('odd')
    const answer = await fetch(
      `${server.address}${place}/download?path=${encodeURIComponent(`${data}/inner/large.bin`)}`,
    )
    expect(answer.headers.get('content-length')).toBe(String(large.length))
    expect(answer.headers.get('content-disposition')).toContain('filename="large.bin"')
    expect(Buffer.from(await answer.arrayBuffer()).equals(large)).toBe(true)
    const tar = await fetch(`${server.address}${place}/download?path=${encodeURIComponent(data)}`)
    expect(tar.headers.get('content-type')).toBe('application/x-tar')
    expect((await tar.arrayBuffer()).byteLength).toBeGreaterThan(large.length)
  })

  test('that are not there, and paths that are none, are 4xx', async () => {
    const { id } = await newest()
    const place = `/api/v1/repositories/first/snapshots/${id}`
    expect(await refusal('GET', `${place}/files?path=/nothing`)).toBe('404 PATH_UNKNOWN')
    expect(await refusal('GET', `${place}/files?path=x`)).toBe('400 REQUEST_INVALID')
    expect(await refusal('GET', `${place}/files?path=/%5Cq`)).toBe('400 REQUEST_INVALID')
    expect(await refusal('GET', `${place}/download?path=/nothing`)).toBe('404 PATH_UNKNOWN')
    expect(await refusal('GET', `${place}/diff?with=abcdef12`)).toBe('404 SNAPSHOT_UNKNOWN')
    expect(await refusal('GET', '/api/v1/repositories/first/snapshots/abcdef12')).toBe('404 SNAPSHOT_UNKNOWN')
    expect(await refusal('GET', '/api/v1/repositories/third/snapshots/abcdef12')).toBe('404 SOURCE_UNKNOWN')
  })
})

describe('a restore', () => {
  test('is planned, then done as it was planned', async () => {
    const planned = await plan(into('web-again'))
    expect(planned).toMatchObject({
      kind: 'files',
      files: 3,
      overwrites: 0,
      role: 'operator',
      estimatedFrom: 'assumption',
    })
    expect(readdirSync(restores)).toEqual([])
    const { order, digest } = planned
    const run = await ask(restoreRoutes['restores.start'], '/api/v1/restores', { order, digest })
    expect(run).toMatchObject({ operation: 'restore', source: 'web', cause: { type: 'manual' } })
    const done = await ended(run)
    expect(done, JSON.stringify(done.error)).toMatchObject({
      ...{ state: 'succeeded', result: { filesRestored: 3, restoredTo: join(restores, 'web-again') } },
    })
    expect(readFileSync(join(restores, 'web-again', data, 'inner', 'large.bin')).equals(large)).toBe(true)
    const shown = await fixture.run(['runs', 'web', '--operation', 'restore'])
    expect(shown.stdout).toContain('restore')
  })

  test('is refused when it is another by now, or goes where nothing may go', async () => {
    const { order, digest } = await plan(into('x'))
    const start = (body: object): Promise<string> => refusal('POST', '/api/v1/restores', body)
    expect(await start({ order, digest: 'other' })).toBe('409 RESTORE_PLAN_CHANGED')
    expect(await start({ order: { ...order, ...into('y') }, digest })).toBe('409 RESTORE_PLAN_CHANGED')
    mkdirSync(join(restores, 'x'))
    writeFileSync(join(restores, 'x', 'mine'), 'mine')
    expect(await start({ order, digest })).toBe('409 TARGET_NOT_EMPTY')
    const refused = (more: object): Promise<string> =>
      refusal('POST', '/api/v1/restores/plan', { source: 'web', ...more })
    symlinkSync(fixture.directory, join(restores, 'out'))
    for (const path of ['../x', '/etc/x', 'out/x', 'out', fixture.directory, restores]) {
      expect(await refused(into(path))).toBe('400 RESTORE_TARGET_FORBIDDEN')
    }
    expect(await refused({ to: { type: 'original' } })).toBe('400 RESTORE_TARGET_FORBIDDEN')
    expect(await refused({ ...into('z'), paths: ['/nothing'] })).toBe('404 PATH_UNKNOWN')
    expect(await refused({ ...into('z'), source: 'none' })).toBe('404 SOURCE_UNKNOWN')
    const { id } = await newest('other')
    expect(await refused({ ...into('z'), snapshot: id })).toBe('404 SNAPSHOT_UNKNOWN')
    expect(readdirSync(restores).toSorted()).toEqual(['out', 'x'])
  })

  test('over something is done only when it was typed', async () => {
    mkdirSync(join(restores, 'full'))
    writeFileSync(join(restores, 'full', 'mine'), 'mine')
    const { order, digest, confirmation, role } = await plan(into('full', 'replace'))
    expect([confirmation, role]).toEqual([join(restores, 'full'), 'admin'])
    const body = { order, digest }
    expect(await refusal('POST', '/api/v1/restores', body)).toBe('409 RESTORE_NOT_CONFIRMED')
    expect(await refusal('POST', '/api/v1/restores', { ...body, confirmation: 'full' })).toBe(
      '409 RESTORE_NOT_CONFIRMED',
    )
    expect(existsSync(join(restores, 'full', data))).toBe(false)
    const run = await ask(restoreRoutes['restores.start'], '/api/v1/restores', { ...body, confirmation })
    expect(await ended(run)).toMatchObject({ state: 'succeeded' })
    expect(readFileSync(join(restores, 'full', data, 'file'), 'utf8')).toBe('content')
    expect(readFileSync(join(restores, 'full', 'mine'), 'utf8')).toBe('mine')
  })
})

describe('instances', () => {
  const backups = () => ask(instanceRoutes['instances.backups'], '/instances/web/backups')
  const wanted = { backupName: 'before-upgrade', retentionDays: 30 }

  test('are backed up under a name, restored, and their backups removed', async () => {
    const run = await ask(instanceRoutes['instances.backup'], '/instances/web/backup', wanted)
    expect(await ended(run)).toMatchObject({ state: 'succeeded' })
    expect(await refusal('POST', '/instances/web/backup', wanted)).toBe('409 BACKUP_NAME_TAKEN')
    const [named] = (await backups()).backups
    expect(named).toMatchObject({ backupName: 'before-upgrade', isPinned: false })
    expect(named?.copies.map(({ repository }) => repository)).toEqual(['first', 'second'])
    const days = (Date.parse(named?.keptUntil ?? '') - Date.now()) / 86_400_000
    expect(days).toBeGreaterThan(29.9)

    const restore = { backupName: 'before-upgrade', newInstanceName: 'copy', size: '1GiB' }
    expect(await refusal('POST', '/instances/web/restore', { ...restore, size: 1000 })).toBe('400 RESTORE_TOO_LARGE')
    expect(await refusal('POST', '/instances/web/restore', { ...restore, size: '900T' })).toBe('400 RESTORE_TOO_LARGE')
    expect(await refusal('POST', '/instances/web/restore', { ...restore, backupName: 'x' })).toBe(
      '404 BACKUP_NAME_UNKNOWN',
    )
    expect(await refusal('POST', '/instances/web/restore', { ...restore, newInstanceName: '../x' })).toBe(
      '400 REQUEST_INVALID',
    )
    const restored = await ask(instanceRoutes['instances.restore'], '/instances/web/restore', restore)
    expect(await ended(restored)).toMatchObject({ state: 'succeeded' })
    expect(readFileSync(join(restores, 'copy', data, 'file'), 'utf8')).toBe('content')
    expect(await refusal('POST', '/instances/web/restore', restore)).toBe('409 TARGET_NOT_EMPTY')

    const removed = await ask(instanceRoutes['instances.remove'], '/instances/web/backups/before-upgrade')
    expect(await ended(removed)).toMatchObject({ state: 'succeeded', result: { snapshotsRemoved: 2 } })
    expect((await backups()).backups.map(({ backupName }) => backupName)).not.toContain('before-upgrade')
    expect(await refusal('DELETE', '/instances/web/backups/before-upgrade')).toBe('404 BACKUP_NAME_UNKNOWN')
  })

  test('keep the newest backup that was proven, whatever it is called by', async () => {
    const { id } = await newest()
    const verify = { operation: 'verify', source: 'web', repository: 'first' }
    const proof = runViewSchema.parse((await call('POST', '/api/v1/runs', verify)).body)
    expect(await ended(proof)).toMatchObject({ state: 'succeeded' })
    expect(await refusal('DELETE', `/instances/web/backups/${id.slice(0, 8)}`)).toBe('409 BACKUP_PROTECTED')
    expect((await backups()).backups.length).toBeGreaterThan(0)
  })

  test('that are unknown, and names that are none, are 4xx', async () => {
    expect(await refusal('GET', '/instances/none/backups')).toBe('404 SOURCE_UNKNOWN')
    for (const backupName of ['', 'a,b', '../x', '-x']) {
      expect(await refusal('POST', '/instances/web/backup', { ...wanted, backupName })).toBe('400 REQUEST_INVALID')
    }
    expect(await refusal('POST', '/instances/web/backup', { ...wanted, retentionDays: 0 })).toBe('400 REQUEST_INVALID')
  })
})

test('without a directory in the configuration nothing is restored, and the error names the setting', async () => {
  await fixture.configure(configured().replace('restoreTo: [./restores], ', ''))
  await server.said(/configuration/)
  await expect
    .poll(() => refusal('POST', '/api/v1/restores/plan', { source: 'web', ...into('x') }))
    .toBe('403 RESTORE_NOT_ALLOWED')
})
