import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nodesArbitrary } from '../format/node-arbitrary.ts'
import { encodeTree, parseTree } from '../format/tree.ts'
import { cutTree, rangeText } from './parent-range.ts'

describe('cutting a tree of the parent snapshot', () => {
  test('puts every node into the range of its name, whatever nodes hold and whether the names exist', () => {
    const names = fc.array(fc.uint8Array({ minLength: 1, maxLength: 3 }), { maxLength: 4 })
    fc.assert(
      fc.property(nodesArbitrary, names, fc.array(fc.nat(20), { maxLength: 3 }), (nodes, others, chosen) => {
        const existing = chosen.flatMap((at) => nodes[at]?.name ?? [])
        const cuts = [...others, ...existing].toSorted((a, b) => Buffer.compare(a, b))
        const ranges = cutTree(encodeTree(nodes), cuts)
        const found = ranges.map((range) => parseTree(Buffer.from(rangeText(range)), 'range').map(({ name }) => name))
        const expected = ranges.map((_, i) => nodes.map(({ name }) => name).filter((name) => rangeOf(name, cuts) === i))
        expect(found).toEqual(expected)
      }),
      { numRuns: 300 },
    )
  })

  test('gives nothing of a tree that another program laid out in its own way', () => {
    for (const tree of ['{ "nodes": [ { "type": "file", "name": "a" } ] }', '{}', '']) {
      const ranges = cutTree(Buffer.from(tree), [Buffer.from('a')])
      expect(ranges.map(rangeText)).toEqual(['{"nodes":[]}', '{"nodes":[]}'])
    }
  })
})

/** How many of the cuts are at or before the name. */
function rangeOf(name: Uint8Array, cuts: readonly Uint8Array[]): number {
  return cuts.filter((cut) => Buffer.compare(cut, name) <= 0).length
}
