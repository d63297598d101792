import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readEventStream, type StreamedMessage } from './read-event-stream.ts'

async function read(chunks: readonly string[]): Promise<StreamedMessage[]> {
  const encoder = new TextEncoder()
  const stream = ReadableStream.from(chunks.map((chunk) => encoder.encode(chunk)))
  return await Array.fromAsync(readEventStream(stream))
}

test('messages end with an empty line; comments and messages without data are nothing', async () => {
  const text = ': hello\n\nid: 1\ndata: {"a":1}\n\ndata:two\ndata: lines\n\nid: 2\n\nevent: x\ndata: last\n\ndata: cut'
  expect(await read([text])).toEqual([
    { id: '1', data: '{"a":1}' },
    { id: '1', data: 'two\nlines' },
    { id: '2', data: 'last' },
  ])
})

test('it does not matter where the bytes are cut, nor how lines end', async () => {
  const sent = [
    { id: '3f:1', data: '{"text":"größer ✓"}' },
    { id: '3f:2', data: 'a\nb' },
  ]
  const textOf = (end: string) =>
    sent
      .map(
        ({ id, data }) =>
          `id: ${id}${end}${data
            .split('\n')
            .map((line) => `data: ${line}${end}`)
            .join('')}${end}`,
      )
      .join('')
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('\n', '\r\n', '\r'), fc.array(fc.nat(90)), async (end, cuts) => {
      const bytes = new TextEncoder().encode(textOf(end))
      const places = [0, ...cuts.map((cut) => cut % bytes.length).toSorted((a, b) => a - b), bytes.length]
      const chunks = places.slice(1).map((to, index) => bytes.slice(places[index], to))
      const found = await Array.fromAsync(readEventStream(ReadableStream.from(chunks)))
      // a CR at the very end may have been half of a CR LF: that message is not over yet
      expect(found).toEqual(end === '\r' ? sent.slice(0, found.length) : sent)
      expect(found.length).toBeGreaterThanOrEqual(1)
    }),
  )
})
