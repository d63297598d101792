import { expect, it } from 'vitest'
import { GtidSet } from './gtid-set.ts'

const uuid = '3e11fa47-71ca-11e1-9e33-c80aa9429562'
const other = '3e11fa47-71ca-11e1-9e33-c80aa9429563'

it('holds all that a server of MariaDB began in a domain up to a number, and nothing of other servers', () => {
  const set = GtidSet.parse('0-1-77,0-2-80')
  set.add('1-1-5')
  expect(['0-1-77', '0-1-3', '0-2-80', '1-1-5'].every((gtid) => set.has(gtid))).toBe(true)
  expect(['0-1-78', '0-3-1', '1-1-6', '1-2-5', 'nonsense'].some((gtid) => set.has(gtid))).toBe(false)
  expect(set.toString()).toBe('0-1-77,0-2-80,1-1-5')
})

it('joins intervals of MySQL in whatever order they come', () => {
  const set = GtidSet.parse(`${uuid}:1-5:9`)
  for (const number of [7, 6, 12, 8]) set.add(`${uuid.toUpperCase()}:${number}`)
  expect(set.toString()).toBe(`${uuid}:1-9:12`)
  expect(GtidSet.parse(set.toString()).toString()).toBe(set.toString())
  expect(() => GtidSet.parse('0-1')).toThrow('no set')
  expect(() => GtidSet.parse(`${uuid}:x`)).toThrow('no set')
})

it('keeps transactions with a tag apart from those without', () => {
  const set = GtidSet.parse(`${uuid}:1-5:nightly:1-2:9,${other}:load:7`)
  expect(['4', 'nightly:2', 'NIGHTLY:9'].every((each) => set.has(`${uuid}:${each}`))).toBe(true)
  expect(['9', 'nightly:3', 'load:7'].some((each) => set.has(`${uuid}:${each}`))).toBe(false)
  expect(GtidSet.parse(set.toString()).isWithin(set)).toBe(true)
  expect(set.sharedWith(GtidSet.parse(`${uuid}:1-9`)).toString()).toBe(`${uuid}:1-5`)
  expect(() => GtidSet.parse(`${uuid}:nightly`)).toThrow('no set')
})

it('tells what two servers share', () => {
  const ours = GtidSet.parse(`${uuid}:1-10:20-30`)
  const theirs = GtidSet.parse(`${uuid}:1-8:25-40,${other}:1-3`)
  expect(ours.sharedWith(theirs).toString()).toBe(`${uuid}:1-8:25-30`)
  expect(ours.sharedWith(theirs).isWithin(ours)).toBe(true)
  expect(ours.isWithin(theirs)).toBe(false)
  const [old, promoted] = [GtidSet.parse('0-1-105,0-9-3'), GtidSet.parse('0-1-103,0-2-110')]
  expect(old.sharedWith(promoted).toString()).toBe('0-1-103')
  expect(GtidSet.parse('0-7-1').sharedWith(old).isEmpty).toBe(true)
})
