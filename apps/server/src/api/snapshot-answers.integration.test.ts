/** Who sees and may do what with snapshots and restores. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ErrorBody } from '@holdfast/api/error-body'
import { restorePlanViewSchema } from '@holdfast/core/restore/restore-plan-view'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApiFixture, openApiFixture } from './testing/api-fixture.ts'

let fixture: ApiFixture
let place: string
beforeAll(async () => {
  fixture = await openApiFixture()
  place = `/api/v1/repositories/first/snapshots/${fixture.snapshotId}`
})
afterAll(async () => await fixture[Symbol.asyncDispose]())

async function ask(token: string, path: string, body?: unknown, more: Record<string, string> = {}): Promise<Response> {
  const json = { 'content-type': 'application/json' }
  return await fetch(`${fixture.address}${path}`, {
    headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : json), ...more },
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
  })
}

async function outcome(token: string, path: string, body?: unknown, more?: Record<string, string>): Promise<string> {
  const answer = await ask(token, path, body, more)
  if (answer.ok) return String(answer.status)
  return `${answer.status} ${((await answer.json()) as ErrorBody).error.code}`
}

const order = { source: 'shop', to: { type: 'directory', path: 'here' } }

test('a viewer lists and looks, an operator takes out and restores, and taking out is noted', async () => {
  const [viewer, operator] = [await fixture.token('viewer'), await fixture.token('operator')]
  for (const path of [place, `${place}/files?path=/`, '/api/v1/snapshots', '/instances/shop/backups']) {
    expect(await outcome(viewer, path)).toBe('200')
  }
  const download = `${place}/download?path=${encodeURIComponent(join(fixture.directory, 'data', 'file.txt'))}`
  expect(await outcome(viewer, download)).toBe('403 NOT_ALLOWED')
  expect(await (await ask(operator, download)).text()).toBe('what is in the file\n')
  expect(await outcome(viewer, '/api/v1/restores/plan', order)).toBe('403 NOT_ALLOWED')
  expect(await outcome(operator, '/api/v1/restores/plan', order)).toBe('200')
  const notes = (await fixture.catalogue.audit.list({ limit: 100 })).filter(({ act }) => act === 'snapshot.download')
  expect(notes.map(({ outcome: how }) => how).toSorted()).toEqual(['done', 'refused'])
})

test('whoever may see other sources only finds none of it', async () => {
  const limited = await fixture.token('admin', ['db'])
  for (const path of [place, `${place}/files?path=/`, `${place}/download?path=/`, `${place}/diff?with=abcd`]) {
    expect(await outcome(limited, path)).toBe('404 SNAPSHOT_UNKNOWN')
  }
  for (const fresh of ['true', 'false']) {
    expect(await (await ask(limited, `/api/v1/snapshots?fresh=${fresh}`)).json()).toEqual({ snapshots: [] })
  }
  expect(await outcome(limited, '/api/v1/snapshots?source=shop')).toBe('404 SOURCE_UNKNOWN')
  expect(await outcome(limited, '/instances/shop/backups')).toBe('404 SOURCE_UNKNOWN')
  expect(await outcome(limited, '/api/v1/restores/plan', order)).toBe('404 SOURCE_UNKNOWN')
  const stolen = { ...order, source: 'db', snapshot: fixture.snapshotId }
  expect(await outcome(limited, '/api/v1/restores/plan', stolen)).toBe('404 SNAPSHOT_UNKNOWN')
  const elsewhere = await fixture.token('admin', ['wiki'])
  expect(await outcome(elsewhere, place)).toBe('404 SOURCE_UNKNOWN')
})

test('which instants can be recovered is told of what a caller sees, and of nothing beside it', async () => {
  const viewer = await fixture.token('viewer')
  const covered = await ask(viewer, '/api/v1/sources/shop/coverage')
  const { ranges, ...figures } = (await covered.json()) as { ranges: { from: string; until: string }[] }
  expect(ranges).toEqual([{ from: ranges[0]?.from, until: ranges[0]?.from, backups: 1 }])
  expect(figures).toMatchObject({ source: 'shop', repository: 'first', gaps: [], backups: 1, logFiles: 0 })
  expect(figures).toHaveProperty('lostMs')
  expect(await outcome(viewer, '/api/v1/sources/shop/coverage?timeline=2')).toBe('400 OPERATION_UNSUITABLE')
  expect(await outcome(viewer, '/api/v1/sources/shop/coverage?repository=third')).toBe('404 SOURCE_UNKNOWN')
  const limited = await fixture.token('admin', ['db'])
  expect(await outcome(limited, '/api/v1/sources/shop/coverage')).toBe('404 SOURCE_UNKNOWN')
  for (const refused of [
    await ask(limited, '/api/v1/sources/db/coverage'),
    await ask(limited, '/api/v1/restores/plan', { ...order, source: 'db' }),
  ]) {
    const { error } = (await refused.json()) as ErrorBody
    expect(error).toMatchObject({ code: 'SOURCE_NOT_IN_REPOSITORY' })
    expect(error.hint).not.toContain('shop')
  }
})

test('what writes over something is for admins, however well it is confirmed', async () => {
  const [operator, admin] = [await fixture.token('operator'), await fixture.token('admin')]
  const target = join(fixture.directory, 'restored', 'full')
  mkdirSync(target, { recursive: true })
  writeFileSync(join(target, 'mine'), 'mine')
  const replacing = { ...order, to: { type: 'directory', path: 'full', existing: 'replace' } }
  const planned = await ask(operator, '/api/v1/restores/plan', replacing)
  const { order: decided, digest, confirmation } = restorePlanViewSchema.parse(await planned.json())
  const body = { order: decided, digest, confirmation }
  expect(await outcome(operator, '/api/v1/restores', body)).toBe('403 RESTORE_ADMIN_ONLY')
  expect(await outcome(admin, '/api/v1/restores', { ...body, confirmation: 'full' })).toBe('409 RESTORE_NOT_CONFIRMED')
  const again = { 'idempotency-key': '"once"' }
  expect(await outcome(admin, '/api/v1/restores', body, again)).toBe('202')
  // no plan is made: what was planned may be done by now
  writeFileSync(join(target, 'mine'), 'not mine any more')
  expect(await outcome(admin, '/api/v1/restores', body, again)).toBe('202')
  expect(await fixture.catalogue.runs.list({ operation: 'restore' })).toHaveLength(1)
  const [run] = await fixture.catalogue.runs.list({ operation: 'restore' })
  const seen = await fixture.client(admin).call('sources.get', { params: { source: 'shop' } })
  expect(seen.source.activeRuns).toMatchObject([{ id: run?.id, operation: 'restore' }])
  expect(run).toMatchObject({ state: 'queued', attempts: 1, exclusiveKeys: [`restore/test-host/${target}`] })
})
