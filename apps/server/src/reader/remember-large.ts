import type { Node } from '@holdfast/repository/format/node'
import type { TreeSource } from '@holdfast/repository/tree/tree-source'

/** A tree source remembers small directories itself. */
const smallNodes = 1000
/** In all; a node takes about a kilobyte. The directory read last is kept however large it is. */
const nodesKept = 150_000

/** Remembers large directories too: reading one takes a second or more, and whoever looks into it asks again. */
export function rememberLarge(trees: TreeSource): TreeSource {
  const kept = new Map<string, readonly Node[]>()
  let count = 0
  return {
    readRaw: (id, ctx) => trees.readRaw(id, ctx),
    async read(id, ctx) {
      const nodes = kept.get(id) ?? (await trees.read(id, ctx))
      if (nodes.length <= smallNodes) return nodes
      if (kept.delete(id)) count -= nodes.length
      kept.set(id, nodes)
      count += nodes.length
      for (const [oldest, its] of kept) {
        if (count <= nodesKept || oldest === id) break
        kept.delete(oldest)
        count -= its.length
      }
      return nodes
    },
  }
}
