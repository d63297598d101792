import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { readPieces } from './pipe-pieces.ts'

/** in memory of its own, as what is read from a pipe is */
function piece(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(Buffer.byteLength(text))
  Buffer.from(text).copy(bytes)
  return bytes
}

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8')

it('yields each piece by itself and in order, whether its taker is faster or slower', async () => {
  for (const isSlow of [false, true]) {
    const pipe = new PassThrough()
    const words = Array.from({ length: 50 }, (_, i) => `piece ${i}`)
    const writing = (async () => {
      for (const word of words) {
        if (!pipe.write(piece(word))) await once(pipe, 'drain')
        if (!isSlow) await setImmediate()
      }
      pipe.end()
    })()
    const taken: string[] = []
    for await (const bytes of readPieces(pipe, { areLent: true })) {
      if (isSlow) await setImmediate()
      taken.push(textOf(bytes))
    }
    await writing
    expect(taken).toEqual(words)
  }
})

it('leaves a lent piece to its taker until he asks for the next one, and frees it then', async () => {
  const pipe = new PassThrough()
  const [first, second] = [piece('first'), piece('second')]
  const pieces = readPieces(pipe, { areLent: true })
  pipe.write(first)
  pipe.end(second)
  const taken = await pieces.next()
  await setImmediate()
  expect(textOf(taken.value ?? piece(''))).toBe('first')
  await pieces.next()
  expect([first.length, second.length]).toEqual([0, 6])
  await pieces.next()
  expect(second.length).toBe(0)
})

it('frees nothing that was not lent, and nothing that is a part of something larger', async () => {
  const whole = piece('one and another')
  for (const [areLent, bytes] of [
    [false, whole],
    [true, whole.subarray(0, 3)],
  ] as const) {
    const pipe = new PassThrough()
    pipe.end(bytes)
    for await (const taken of readPieces(pipe, { areLent })) expect(taken.length).toBeGreaterThan(0)
    expect(textOf(whole)).toBe('one and another')
  }
})

it('does not read far ahead of its taker', async () => {
  const pipe = new PassThrough({ highWaterMark: 65_536 })
  const pieces = readPieces(pipe)
  pipe.write(new Uint8Array(65_536))
  await pieces.next()
  let written = 1
  while (written < 100 && pipe.write(new Uint8Array(65_536))) {
    written++
    await setImmediate()
  }
  expect(written).toBeLessThan(10)
})

it('fails as its pipe does, behind what has come before', async () => {
  const pipe = new PassThrough()
  const pieces = readPieces(pipe)
  const first = pieces.next()
  pipe.write(piece('first'))
  expect(textOf((await first).value ?? piece(''))).toBe('first')
  pipe.destroy(new Error('it broke'))
  await expect(pieces.next()).rejects.toThrow('it broke')
})

it('closes the pipe when its taker stops, and ends when the pipe is closed', async () => {
  const pipe = new PassThrough()
  pipe.write(piece('first'))
  for await (const _bytes of readPieces(pipe)) break
  expect(pipe.destroyed).toBe(true)
  const closed = new PassThrough()
  const pieces = readPieces(closed)
  const next = pieces.next()
  closed.destroy()
  expect((await next).done).toBe(true)
})
