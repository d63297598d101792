import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createUserNames } from './user-names.ts'

let work = ''
const asked: string[] = []
const namesHere = () =>
  createUserNames({
    passwdFile: join(work, 'passwd'),
    groupFile: join(work, 'group'),
    lookUp: (database, key) => {
      asked.push(`${database} ${key}`)
      return database === 'passwd' && (key === '5000' || key === 'remote') ? 'remote:*:5000:5000::/:/bin/sh\n' : ''
    },
  })

beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'holdfast-names-'))
  writeFileSync(join(work, 'passwd'), 'root:x:0:0::/root:/bin/sh\ntoor:x:0:0::/:\n# note\n+::::::\ndb:x:70:70::/:\n')
  writeFileSync(join(work, 'group'), 'wheel:x:0:root\ndb:x:71:\n')
})
afterAll(() => rmSync(work, { recursive: true, force: true }))

test('names and numbers are those of the files, the first entry of each', () => {
  const names = namesHere()
  expect([names.userName(0), names.groupName(0), names.userName(70), names.groupName(71)]).toEqual([
    'root',
    'wheel',
    'db',
    'db',
  ])
  expect([names.userId('toor'), names.userId('db'), names.groupId('db')]).toEqual([0, 70, 71])
})

test('what the files do not list is asked for once', () => {
  const names = namesHere()
  asked.length = 0
  for (let round = 0; round < 2; round++) {
    expect([names.userName(5000), names.userName(6000), names.groupName(5000)]).toEqual(['remote', '', ''])
    expect([names.userId('remote'), names.userId('nobody-here')]).toEqual([5000, undefined])
  }
  expect(asked).toEqual(['passwd 5000', 'passwd 6000', 'group 5000', 'passwd remote', 'passwd nobody-here'])
})

test('a name that is a number or an option is never asked for', () => {
  const names = namesHere()
  asked.length = 0
  expect([names.userId('5000'), names.userId('--help'), names.userId('')]).toEqual([undefined, undefined, undefined])
  expect(asked).toEqual([])
})

test.runIf(process.platform === 'linux')('the machine knows root, and missing files are no error', () => {
  expect(createUserNames().userName(0)).toBe('root')
  expect(createUserNames().groupId('root')).toBe(0)
  expect(createUserNames().userName(3_999_999_999)).toBe('')
  expect(createUserNames({ passwdFile: join(work, 'none') }).userName(0)).toBe('root')
})
