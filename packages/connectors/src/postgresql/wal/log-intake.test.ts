import { quietContext } from '@holdfast/core/context'
import { expect, test } from 'vitest'
import { LogIntake } from './log-intake.ts'
import { memoryLogSink } from './testing/memory-log-sink.ts'
import { WalWriter } from './testing/wal-writer.ts'

const start = 16n << 20n

/** Two seconds are the bound; `at` sets the clock, so nothing waits. */
function followed() {
  const writer = new WalWriter(start)
  const sink = memoryLogSink()
  const madeDurable: number[] = []
  const tipBytes: number[] = []
  let nowMs = 0
  const ctx = quietContext({ now: () => new Date(nowMs) })
  const intake = new LogIntake(
    {
      sink: {
        ...sink,
        flush: async () => void madeDurable.push(nowMs),
        async tip({ bytes }) {
          tipBytes.push(bytes.length)
          madeDurable.push(nowMs)
        },
      },
      flushEveryMs: 2000,
      onDamage: (_lsn, reason) => expect.unreachable(reason),
    },
    ctx,
  )
  const { segmentBytes, systemIdentifier } = writer
  const begin = (): void =>
    intake.begin({ at: { timeline: 1, lsn: start }, segmentBytes, systemIdentifier: String(systemIdentifier) })
  begin()
  let taken = 0
  return {
    writer,
    madeDurable,
    tipBytes,
    /** the connection has broken; the first segment comes again from its first byte */
    beginAgain() {
      begin()
      taken = 0
    },
    /**
     * What was written since then arrives, or the first bytes of it, and it is looked whether something is due; the server has
     * so much more.
     */
    async at(ms: number, moreBytes = 0, arrivedBytes = Infinity) {
      nowMs = ms
      const bytes = writer.bytes().subarray(0, arrivedBytes)
      intake.clock.walReceived(start + BigInt(bytes.length + moreBytes), BigInt(ms) * 1000n)
      await intake.take(bytes.subarray(taken), ctx)
      taken = bytes.length
      intake.giveTip(ctx.now())
      // the row is worked off in a later turn
      for (let i = 0; i < 20; i++) await Promise.resolve()
    },
  }
}

const record = { manager: 10, info: 0, data: Buffer.alloc(64) }

test('whole segments are durable at the bound too, when each is full before its time has come', async () => {
  const { writer, madeDurable, at } = followed()
  for (let ms = 0; ms <= 5000; ms += 1000) {
    writer.write(record)
    writer.switchSegment()
    await at(ms)
  }
  expect(madeDurable).toEqual([2000, 5000])
})

test('a segment that has begun is durable with those before it, counted from the first of them', async () => {
  const { writer, madeDurable, at } = followed()
  writer.write(record)
  writer.switchSegment()
  await at(0)
  writer.write(record)
  await at(1500)
  await at(1999)
  expect(madeDurable).toEqual([])
  await at(2000)
  expect(madeDurable).toEqual([2000])
  await at(9000)
  expect(madeDurable).toEqual([2000])
})

test('while there is much to catch up with, nothing is made durable by the bound, which holds again afterwards', async () => {
  const { writer, madeDurable, at } = followed()
  const muchBytes = 200 << 20
  for (const ms of [0, 3000, 6000]) {
    writer.write(record)
    writer.switchSegment()
    await at(ms, muchBytes)
  }
  expect(madeDurable).toEqual([])
  writer.write(record)
  await at(7000)
  expect(madeDurable).toEqual([7000])
})

test('a little to catch up with changes nothing', async () => {
  const { writer, madeDurable, at } = followed()
  for (const ms of [0, 1000, 2000]) {
    writer.write(record)
    writer.switchSegment()
    await at(ms, 100 << 20)
  }
  expect(madeDurable).toEqual([2000])
})

test('what comes again after the connection broke is given only as far as it is more than was given before', async () => {
  const { writer, tipBytes, beginAgain, at } = followed()
  writer.write(record)
  await at(0)
  await at(2000)
  const given = writer.bytes().length
  writer.write(record)
  // more has come that is not due yet when the connection breaks
  await at(3000)
  beginAgain()
  await at(4500, 0, given - 8)
  await at(5000, 0, given)
  expect(tipBytes).toEqual([given])
  await at(5500)
  await at(7500)
  expect(tipBytes).toEqual([given, writer.bytes().length])
})
