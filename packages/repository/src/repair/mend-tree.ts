import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import type { BlobIndex } from '../engine/blob-index.ts'
import { encodeNode } from '../format/node-json.ts'
import type { Node } from '../format/node.ts'
import { encodeRawTree, encodeTree, parseTree, rawNodes } from '../format/tree.ts'
import type { Repository } from '../repository.ts'
import { createTreeSource } from '../tree/tree-source.ts'
import { findTypedEntry } from '../tree/typed-entry.ts'

/** What was changed at a path of a snapshot. */
export interface Mending {
  readonly path: string
  readonly change: 'directory-emptied' | 'content-removed' | 'node-removed'
}

/** What became of a tree: its id, new or old, or undefined when it cannot be read at all. */
export interface MendedTree {
  readonly id: string | undefined
  readonly mendings: readonly Mending[]
}

/** Removes from directories what is lost, as restic does; every directory is looked at once. */
export interface TreeMender {
  /** @param path of the directory in the snapshot, for the report */
  mend(treeId: string, path: string, ctx: Context): Promise<MendedTree>
}

/** @param store takes the text of a new tree and returns its id */
export function createTreeMender(
  repository: Repository,
  index: BlobIndex,
  store: (tree: Buffer, ctx: Context) => Promise<string>,
): TreeMender {
  const source = createTreeSource(repository, index)
  // undefined: it cannot be read
  const known = new Map<string, string | undefined>()

  const readRaw = async (treeId: string, ctx: Context): Promise<{ raw: Buffer; nodes: Node[] } | undefined> => {
    try {
      const raw = await source.readRaw(treeId, ctx)
      return { raw, nodes: parseTree(raw, treeId) }
    } catch (error) {
      if (isAppError(error) && damageCodes.has(error.code)) return undefined
      throw error
    }
  }

  const mend = async (treeId: string, path: string, ctx: Context): Promise<MendedTree> => {
    if (known.has(treeId)) return { id: known.get(treeId), mendings: [] }
    ctx.signal.throwIfAborted()
    const tree = await readRaw(treeId, ctx)
    if (tree === undefined) {
      known.set(treeId, undefined)
      return { id: undefined, mendings: [] }
    }
    const mendings: Mending[] = []
    const parts: Buffer[] = []
    const raws = rawNodes(tree.raw, treeId)
    let changed = false
    for (const [at, node] of tree.nodes.entries()) {
      const raw = Buffer.from(raws[at] ?? [])
      const mended = await mendNode(node, raw, `${path}${node.name.toString()}`, mendings, ctx)
      changed ||= mended === undefined || !mended.equals(raw)
      if (mended !== undefined) parts.push(mended)
    }
    const id = changed ? await store(encodeRawTree(parts), ctx) : treeId
    known.set(treeId, id)
    return { id, mendings }
  }

  const mendNode = async (
    node: Node,
    raw: Buffer,
    path: string,
    mendings: Mending[],
    ctx: Context,
  ): Promise<Buffer | undefined> => {
    if (node.type === 'irregular' || node.type === 'unknown') {
      mendings.push({ path, change: 'node-removed' })
      return undefined
    }
    if (node.type === 'file') return mendFile(node, raw, path, mendings, index)
    if (node.type !== 'dir') return raw
    const below = node.subtree === undefined ? undefined : await mend(node.subtree, `${path}/`, ctx)
    mendings.push(...(below?.mendings ?? []))
    if (below?.id !== undefined && below.id === node.subtree) return raw
    if (below?.id === undefined) mendings.push({ path, change: 'directory-emptied' })
    const subtree = below?.id ?? (await store(encodeTree([]), ctx))
    return withSubtree(node, raw, subtree)
  }

  return { mend }
}

const damageCodes: ReadonlySet<string> = new Set(['REPOSITORY_DAMAGED', 'STORAGE_FILE_MISSING', 'STORAGE_DAMAGED'])

function mendFile(node: Node, raw: Buffer, path: string, mendings: Mending[], index: BlobIndex): Buffer {
  const entries = (node.content ?? []).map((id) => ({ id, entry: findTypedEntry(index, id, false) }))
  const present = entries.filter(({ entry }) => entry >= 0)
  if (node.content !== null && present.length === entries.length) return raw
  mendings.push({ path, change: 'content-removed' })
  const size = present.reduce((sum, { entry }) => sum + index.plainLengthOf(entry), 0)
  return Buffer.from(encodeNode({ ...node, content: present.map(({ id }) => id), size }))
}

/** Only the one id is exchanged in the text, so that keys of other programs stay. */
function withSubtree(node: Node, raw: Buffer, subtree: string): Buffer {
  const text = raw.toString('latin1')
  const parts = node.subtree === undefined ? [] : text.split(`"subtree":"${node.subtree}"`)
  return parts.length === 2
    ? Buffer.from(parts.join(`"subtree":"${subtree}"`), 'latin1')
    : Buffer.from(encodeNode({ ...node, subtree }))
}
