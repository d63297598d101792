import { expect, it } from 'vitest'
import { type BinlogEvent, eventType, readEvent, readGtidsBefore } from './binlog-event.ts'

function event(type: number, body: Buffer): BinlogEvent {
  const header = Buffer.alloc(19)
  header[4] = type
  const bytes = Buffer.concat([header, body, Buffer.alloc(4)])
  bytes.writeUInt32LE(bytes.length, 9)
  const read = readEvent(bytes)
  if (read === undefined) throw new Error('no event')
  return read
}

function numbers(...values: readonly bigint[]): Buffer {
  const bytes = Buffer.alloc(8 * values.length)
  for (const [at, value] of values.entries()) bytes.writeBigUInt64LE(value, 8 * at)
  return bytes
}

it('reads what was before a file, as MySQL writes it: the ends of intervals are not in them', () => {
  const uuid = '3e11fa47-71ca-11e1-9e33-c80aa9429562'
  const sid = Buffer.from(uuid.replaceAll('-', ''), 'hex')
  const body = Buffer.concat([numbers(1n), sid, numbers(2n, 1n, 6n, 9n, 10n)])
  expect(readGtidsBefore(event(eventType.previousGtids, body))?.toString()).toBe(`${uuid}:1-5:9`)
  // a set with tags has another form
  const tagged = Buffer.concat([numbers(0x0100_0000_0000_0001n), sid])
  expect(readGtidsBefore(event(eventType.previousGtids, tagged))).toBeUndefined()
})

it('reads what was before a file, as MariaDB writes it: a count with flags, then domain, server and number', () => {
  const body = Buffer.alloc(4 + 32)
  body.writeUInt32LE(0x1000_0002, 0)
  for (const [at, value] of [0, 1, 0, 2].entries()) body.writeUInt32LE(value, 4 + (at % 2) * 4 + (at >> 1) * 16)
  body.writeBigUInt64LE(105n, 12)
  body.writeBigUInt64LE(7_000_000_000n, 28)
  expect(readGtidsBefore(event(eventType.mariadbGtidList, body))?.toString()).toBe('0-1-105,0-2-7000000000')
  expect(readGtidsBefore(event(eventType.xid, body))).toBeUndefined()
})
