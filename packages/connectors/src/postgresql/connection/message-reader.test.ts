import { processorMs } from '@holdfast/core/testing/processor-time'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { clientMessage } from './client-message.ts'
import { MalformedMessage, MessageReader, type ServerMessage } from './message-reader.ts'
import { parseColumns, parseReport, parseRow, parseTag } from './server-message.ts'

function drain(reader: MessageReader): ServerMessage[] {
  const messages: ServerMessage[] = []
  for (let next = reader.next(); next !== undefined; next = reader.next()) {
    messages.push({ type: next.type, body: Buffer.from(next.body) })
  }
  return messages
}

const messages = fc.array(
  fc.record({ type: fc.constantFrom('d', 'T', 'Z', 'E'), body: fc.uint8Array({ maxLength: 300 }) }),
  { maxLength: 20 },
)

it('finds the same messages however the bytes are cut', () => {
  fc.assert(
    fc.property(messages, fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }), (sent, cuts) => {
      const bytes = Buffer.concat(sent.map(({ type, body }) => clientMessage(type, body)))
      const reader = new MessageReader(1000)
      const found: ServerMessage[] = []
      for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
        const size = cuts[turn % cuts.length] ?? 1
        reader.push(bytes.subarray(at, at + size))
        found.push(...drain(reader))
        at += size
      }
      expect(found.map(({ type, body }) => ({ type, body: [...body] }))).toEqual(
        sent.map(({ type, body }) => ({ type, body: [...body] })),
      )
      expect(reader.bufferedBytes).toBe(0)
    }),
  )
})

it('keeps the message that was handed on as it is, however much comes before the next is asked for', () => {
  const reader = new MessageReader(1 << 26)
  const message = (fill: number): Buffer => clientMessage('d', Buffer.alloc(3_000_000, fill))
  reader.push(message(1))
  let shown = reader.next()
  for (let fill = 2; fill < 20; fill++) {
    const bytes = message(fill)
    for (let at = 0; at < bytes.length; at += 700_000) reader.push(bytes.subarray(at, at + 700_000))
    expect(shown?.body.equals(Buffer.alloc(3_000_000, fill - 1))).toBe(true)
    shown = reader.next()
  }
  expect(reader.bufferedBytes).toBe(0)
})

it('takes a long stream in little memory', () => {
  const reader = new MessageReader(1 << 26)
  const bytes = Buffer.concat(Array.from({ length: 10 }, (_, i) => clientMessage('d', Buffer.alloc(100_000, i))))
  const memories = new Set<ArrayBufferLike>()
  for (let at = 0; at < 40 * bytes.length; at += 66_670) {
    const from = at % bytes.length
    reader.push(bytes.subarray(from, from + 66_670))
    for (let next = reader.next(); next !== undefined; next = reader.next()) {
      memories.add(next.body.buffer)
      expect(next.body.length).toBe(100_000)
      expect(next.body[0]).toBe(next.body[99_999])
    }
  }
  expect(memories.size).toBeLessThanOrEqual(3)
})

it('takes a large message in small pieces in linear time', () => {
  const reader = new MessageReader(1 << 25)
  const whole = clientMessage('d', Buffer.alloc(1 << 25, 1))
  const startedAt = processorMs()
  let found: ServerMessage | undefined
  for (let at = 0; at < whole.length; at += 512) {
    reader.push(whole.subarray(at, at + 512))
    found = reader.next()
  }
  expect(found?.body.length).toBe(1 << 25)
  // 65 536 pieces; joining them at each step would copy a tebibyte.
  expect(processorMs() - startedAt).toBeLessThan(5000)
})

it('refuses lengths that no message has, and those above the limit, before their bytes come', () => {
  const header = (type: number, length: number): Buffer => {
    const bytes = Buffer.from([type, 0, 0, 0, 0])
    bytes.writeUInt32BE(length, 1)
    return bytes
  }
  for (const bytes of [
    header(0x64, 3),
    header(0x64, 0),
    header(0x64, 1005),
    header(0x64, 0xff_ff_ff_ff),
    header(0, 4),
  ]) {
    const reader = new MessageReader(1000)
    reader.push(bytes)
    expect(() => reader.next()).toThrow(MalformedMessage)
  }
})

it('reads any bytes as messages, or as malformed, and never fails otherwise', () => {
  const parsers = [parseColumns, parseRow, parseReport, parseTag]
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      for (const parse of parsers) {
        try {
          parse(Buffer.from(bytes))
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedMessage)
        }
      }
      const reader = new MessageReader(200)
      reader.push(Buffer.from(bytes))
      try {
        drain(reader)
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedMessage)
      }
    }),
    { numRuns: 2000 },
  )
})

it('keeps nulls, empty texts and every character of values', () => {
  const value = (text: string | null): Buffer => {
    const size = Buffer.alloc(4)
    size.writeInt32BE(text === null ? -1 : Buffer.byteLength(text))
    return Buffer.concat([size, Buffer.from(text ?? '')])
  }
  const row = Buffer.concat([Buffer.from([0, 3]), value(null), value(''), value('한글 \n|')])
  expect(parseRow(row)).toEqual([null, '', '한글 \n|'])
})
