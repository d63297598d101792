import { expect, test } from 'vitest'
import { createRelease } from './release-piece.ts'

const block = () => new Uint8Array(1000)

test('a block is freed when a view of the next one comes, not before', () => {
  const release = createRelease()
  const [first, second] = [block(), block()]
  release(first)
  release(first)
  expect(first.byteLength).toBe(1000)
  release(second)
  expect([first.byteLength, second.byteLength]).toEqual([0, 1000])
})

test('memory of which others may have parts is never freed', () => {
  const release = createRelease()
  const shared = block()
  const pooled = Buffer.from('pooled with the buffers of others')
  for (const consumed of [shared.subarray(1), pooled, block()]) release(consumed)
  expect(shared.byteLength).toBe(1000)
  expect(pooled.toString()).toBe('pooled with the buffers of others')
})
