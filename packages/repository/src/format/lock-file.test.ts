import { expect, test } from 'vitest'
import { encodeLockFile, type LockFile, parseLockFile } from './lock-file.ts'

const lock: LockFile = {
  time: '2024-01-01T00:00:00.123456789+09:00',
  exclusive: true,
  hostname: 'a<b',
  username: 'root',
  pid: 42,
  uid: 0,
  gid: 0,
}

test('a lock reads back, its keys in the order of restic and zero ids left out', () => {
  const json = encodeLockFile(lock).toString()
  expect(json).toBe(`{"time":"${lock.time}","exclusive":true,"hostname":"a\\u003cb","username":"root","pid":42}`)
  expect(parseLockFile(Buffer.from(json), 'lock')).toEqual(lock)
  const other = { ...lock, exclusive: false, uid: 1000, gid: 100 }
  expect(parseLockFile(encodeLockFile(other), 'lock')).toEqual(other)
  expect(encodeLockFile(other).toString()).toMatch(/"pid":42,"uid":1000,"gid":100\}$/)
})

test.each(['', '{}', '{"time":"yesterday"}', '{"time":"2024-01-01T00:00:00Z","exclusive":"no"}', '[]'])(
  'the lock %j is damaged',
  (json) => {
    expect(() => parseLockFile(Buffer.from(json), 'lock 1a')).toThrow(/lock 1a is damaged/)
  },
)
