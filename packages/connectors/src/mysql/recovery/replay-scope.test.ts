import { expect, it } from 'vitest'
import { eventType, readEvent } from '../binlog/binlog-event.ts'
import { type ReplayScope, requireWithinScope } from './replay-scope.ts'

function query(database: string, text: string) {
  const body = Buffer.alloc(13)
  body[8] = Buffer.byteLength(database)
  const bytes = Buffer.concat([Buffer.alloc(19), body, Buffer.from(`${database}\0${text}`)])
  bytes[4] = eventType.query
  bytes.writeUInt32LE(bytes.length, 9)
  const event = readEvent(bytes)
  if (event === undefined) throw new Error('no event')
  return event
}

const here: ReplayScope = { name: 'shop', into: 'shop', databases: ['shop', 'other', 'we ird'] }
const beside: ReplayScope = { ...here, into: 'beside' }

it.each([
  ['shop', 'ALTER TABLE t ADD COLUMN x int', here],
  ['shop', "UPDATE t SET a = 'other.t'", here],
  ['shop', 'ALTER TABLE t ADD COLUMN x int', beside],
  ['shop', 'ALTER TABLE `shop`.`t` ADD COLUMN x int', here],
  ['other', 'DROP TABLE t', here],
  ['other', 'UPDATE shops.t SET a = 1', here],
  ['shop', 'BEGIN', beside],
])('lets pass, in %s: %s', (database, text, scope) => {
  expect(() => requireWithinScope(query(database, text), 0, scope)).not.toThrow()
})

it.each([
  ['shop', 'INSERT INTO other.t SELECT * FROM t', here],
  ['shop', 'DROP TABLE `we ird`.`t`', here],
  ['shop', 'DROP TABLE shop.t', beside],
  ['shop', 'DROP DATABASE shop', here],
  ['', 'CREATE TABLE shop . t (i int)', here],
  ['other', 'ALTER TABLE `shop`.t ADD x int', here],
  ['other', 'drop database shop', here],
])('refuses, in %s: %s', (database, text, scope) => {
  expect(() => requireWithinScope(query(database, text), 0, scope)).toThrow('cannot be told apart')
})
