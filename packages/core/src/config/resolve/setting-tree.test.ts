import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isSettingMap, type Setting, type SettingMap } from '../setting.ts'
import { createTreeBuilder, joinTrees } from './setting-tree.ts'

/** path → value of everything that is no map */
function leavesOf(settings: SettingMap, path: readonly string[] = []): Map<string, Setting> {
  return new Map(
    Object.entries(settings).flatMap(([key, value]): [string, Setting][] =>
      isSettingMap(value) ? [...leavesOf(value, [...path, key])] : [[[...path, key].join('.'), value]],
    ),
  )
}

const key = fc.constantFrom('a', 'b', 'c')
const layer = fc.letrec<{ map: SettingMap; value: Setting }>((tie) => ({
  map: fc.dictionary(key, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  value: fc.oneof({ depthSize: 'small', withCrossShrink: true }, fc.nat(9), tie('map')),
})).map

test('whatever is laid over whatever, each value has the origin of the last layer that said it', () => {
  fc.assert(
    fc.property(fc.array(layer, { minLength: 1, maxLength: 5 }), (layers) => {
      const tree = createTreeBuilder()
      for (const [at, over] of layers.entries()) tree.overlay(over, () => ({ from: 'tier', name: String(at) }))
      const leaves = leavesOf(tree.settings)
      expect([...tree.origins.keys()].toSorted()).toEqual([...leaves.keys()].toSorted())
      for (const [path, value] of leaves) {
        const saying = layers.flatMap((over, at) => (leavesOf(over).has(path) ? [at] : []))
        expect(tree.origins.get(path)?.name).toBe(String(saying.at(-1)))
        expect(leavesOf(layers[saying.at(-1) ?? 0] ?? {}).get(path)).toEqual(value)
      }
    }),
  )
})

test('layers are left as they were, though trees share them', () => {
  const shared = { keep: { daily: 7, weekly: 4 } }
  const tree = createTreeBuilder()
    .overlay(shared, () => ({ from: 'default' }))
    .overlay({ keep: { daily: 9 } }, () => ({ from: 'source', name: 'it' }))
  expect(tree.settings).toEqual({ keep: { daily: 9, weekly: 4 } })
  expect(shared).toEqual({ keep: { daily: 7, weekly: 4 } })
})

test('joined trees have their settings and origins below section and name', () => {
  const one = createTreeBuilder().overlay({ x: { y: 1 } }, () => ({ from: 'source', name: 'db.example' }))
  const base = createTreeBuilder().overlay({ host: 'h' }, () => ({ from: 'default' }))
  const joined = joinTrees(base, new Map([['sources', new Map([['db.example', one]])]]))
  expect(joined.settings).toEqual({ host: 'h', sources: { 'db.example': { x: { y: 1 } } } })
  expect([...joined.origins.keys()]).toEqual(['host', 'sources.db.example.x.y'])
})
