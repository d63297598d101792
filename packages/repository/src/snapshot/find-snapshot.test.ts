import { quietContext } from '@holdfast/core/context'
import { beforeAll, describe, expect, test } from 'vitest'
import { findSnapshot, findSnapshots } from './find-snapshot.ts'
import type { ListedSnapshot } from './listed-snapshot.ts'
import { exampleRepository, storeSnapshot } from './snapshot-fixture.ts'

const ctx = quietContext()
const repository = exampleRepository()
const stored: ListedSnapshot[] = []

beforeAll(async () => {
  // seventeen ids: two of them begin with the same digit
  for (let date = 1; date <= 17; date++) {
    const time = `2026-01-${String(date).padStart(2, '0')}T00:00:00Z`
    stored.push(await storeSnapshot(repository, { time, hostname: date % 2 === 0 ? 'even' : 'odd' }, ctx))
  }
})

function day(number: number): ListedSnapshot {
  const listed = stored[number - 1]
  if (listed === undefined) throw new Error('no such day')
  return listed
}

describe('a snapshot is found', () => {
  test('by its full id and by a unique beginning of it', async () => {
    expect((await findSnapshot(repository, day(3).id, {}, ctx)).id).toBe(day(3).id)
    expect((await findSnapshot(repository, day(3).id.slice(0, 12), {}, ctx)).snapshot.time).toBe('2026-01-03T00:00:00Z')
  })

  test('as the latest, or so many before it, among those of a filter', async () => {
    expect((await findSnapshot(repository, 'latest', {}, ctx)).id).toBe(day(17).id)
    expect((await findSnapshot(repository, 'latest', { hosts: ['even'] }, ctx)).id).toBe(day(16).id)
    expect((await findSnapshot(repository, 'latest~2', { hosts: ['even'] }, ctx)).id).toBe(day(12).id)
  })

  test('with the folder that follows a colon', async () => {
    expect(await findSnapshot(repository, 'latest:srv/a:b', {}, ctx)).toMatchObject({
      id: day(17).id,
      subfolder: 'srv/a:b',
    })
    expect(await findSnapshot(repository, 'latest:', {}, ctx)).not.toHaveProperty('subfolder')
  })

  test('each once when several names mean it', async () => {
    const found = await findSnapshots(repository, ['latest', day(2).id, day(17).id.slice(0, 10)], {}, ctx)
    expect(found.map(({ id }) => id)).toEqual([day(17).id, day(2).id])
  })

  test('by the filter alone when nothing is named', async () => {
    expect(await findSnapshots(repository, [], { hosts: ['even'] }, ctx)).toHaveLength(8)
  })
})

test('a beginning that several ids share is ambiguous', async () => {
  const digits = stored.map(({ id }) => id.slice(0, 1))
  const shared = digits.find((digit, position) => digits.indexOf(digit) !== position) ?? ''
  await expect(findSnapshot(repository, shared, {}, ctx)).rejects.toMatchObject({ code: 'SNAPSHOT_AMBIGUOUS' })
})

test.each(['', 'zzz', '../config', 'f'.repeat(64), 'f'.repeat(65), 'latest~99', 'LATEST'])(
  '%j names no snapshot',
  async (text) => {
    await expect(findSnapshot(repository, text, {}, ctx)).rejects.toMatchObject({ code: 'SNAPSHOT_UNKNOWN' })
  },
)
