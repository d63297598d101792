import { quietContext } from '@holdfast/core/context'
import type { Node } from '@holdfast/repository/format/node'
import { expect, test } from 'vitest'
import { rememberLarge } from './remember-large.ts'

const ctx = quietContext()

/** Counts how often each directory is read; "5000" is one with so many entries. */
function counting() {
  const reads: string[] = []
  const read = async (id: string): Promise<readonly Node[]> => {
    reads.push(id)
    // boundary: nobody looks at the entries
    return Array.from<Node>({ length: Number(id) })
  }
  return { reads, trees: rememberLarge({ read, readRaw: async () => Buffer.alloc(0) }) }
}

test('a large directory is read once, small ones are left to the source', async () => {
  const { reads, trees } = counting()
  for (let i = 0; i < 3; i++) {
    await trees.read('200000', ctx)
    await trees.read('1000', ctx)
  }
  expect(reads).toEqual(['200000', '1000', '1000', '1000'])
})

test('those that were not looked at for longest go when there are too many', async () => {
  const { reads, trees } = counting()
  for (const id of ['60000', '60001', '60000', '60002', '60000', '60001']) await trees.read(id, ctx)
  expect(reads).toEqual(['60000', '60001', '60002', '60001'])
})
