import { describe, expect, test } from 'vitest'
import type { LockFile } from '../format/lock-file.ts'
import { explainStale, isStaleForUnlock } from './stale-lock.ts'

const now = new Date('2026-11-21T12:00:00Z')
const identity = { hostname: 'web1', username: 'root', pid: 4711 }
const rule = { identity, now, isProcessAlive: (pid: number) => pid === 900 }
const fresh: LockFile = {
  time: '2026-11-21T11:59:00Z',
  exclusive: true,
  hostname: 'web1',
  username: 'root',
  pid: 815,
  uid: 0,
  gid: 0,
}

describe('a lock is provably held by no one', () => {
  test.each([
    ['when its process of this host and user is gone', fresh],
    ['when nobody renewed it for half an hour', { ...fresh, hostname: 'db1', pid: 1, time: '2026-11-21T11:29:59Z' }],
    ['by a zone that is ahead', { ...fresh, hostname: 'db1', time: '2026-11-21T20:29:59+09:00' }],
    [
      'when a small process number is gone and it was not renewed either',
      { ...fresh, pid: 7, time: '2026-11-21T11:52:00Z' },
    ],
  ])('%s', (_title, lock) => {
    expect(explainStale(lock, rule)).toBeDefined()
  })
})

describe('nothing is proven', () => {
  test.each([
    ['when the process lives', { ...fresh, pid: 900 }],
    ['about another host', { ...fresh, hostname: 'db1' }],
    ['about another user', { ...fresh, username: 'backup' }],
    ['about process 1, which every container has', { ...fresh, pid: 1, time: '2026-11-21T11:40:00Z' }],
    [
      'about our own process number, which another container may use',
      { ...fresh, pid: 4711, time: '2026-11-21T11:40:00Z' },
    ],
    ['about a small process number of a fresh lock', { ...fresh, pid: 7 }],
    ['by an age of just half an hour', { ...fresh, hostname: 'db1', time: '2026-11-21T11:30:00Z' }],
    ['by a time in the future', { ...fresh, hostname: 'db1', time: '2027-11-21T11:30:00Z' }],
  ])('%s', (_title, lock) => {
    expect(explainStale(lock, rule)).toBeUndefined()
  })
})

test('unlock goes by restic rules: old, or a dead process of this host', () => {
  expect(isStaleForUnlock({ ...fresh, username: 'backup', pid: 7 }, rule)).toBe(true)
  expect(isStaleForUnlock({ ...fresh, pid: 900 }, rule)).toBe(false)
  expect(isStaleForUnlock({ ...fresh, hostname: 'db1' }, rule)).toBe(false)
  expect(isStaleForUnlock({ ...fresh, hostname: 'db1', time: '2026-11-21T11:00:00Z' }, rule)).toBe(true)
})
