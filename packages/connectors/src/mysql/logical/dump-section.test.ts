import { expect, it } from 'vitest'
import { readText } from './dump-section.ts'

it('keeps a text whose chunks are freed as soon as the next one is asked for', async () => {
  async function* lent(): AsyncGenerator<Uint8Array, void, undefined> {
    for (const text of ['-- MariaDB ', 'dump', '\n']) {
      const bytes = Uint8Array.from(Buffer.from(text))
      yield bytes
      bytes.buffer.transfer(0)
    }
  }
  expect(await readText(lent())).toBe('-- MariaDB dump\n')
})
