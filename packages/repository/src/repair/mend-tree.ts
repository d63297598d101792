import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import { throwIfInterrupted } from '@holdfast/storage/interruption'
import type { BlobIndex } from '../engine/blob-index.ts'
import { encodeNode } from '../format/node-json.ts'
import type { Node } from '../format/node.ts'
import { encodeRawTree, encodeTree, parseTree, rawNodes } from '../format/tree.ts'
import type { Repository } from '../repository.ts'
import { createTreeSource, type TreeSource } from '../tree/tree-source.ts'
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

/** Takes the text of a new tree and returns its id. */
export type StoreTree = (tree: Buffer, ctx: Context) => Promise<string>

/** Removes from directories what is lost, as restic does; every directory is looked at once. */
export class TreeMender {
  readonly #source: TreeSource
  readonly #index: BlobIndex
  readonly #store: StoreTree
  /** new ids by old ones; undefined: it cannot be read */
  readonly #known = new Map<string, string | undefined>()

  constructor(repository: Repository, index: BlobIndex, store: StoreTree) {
    this.#source = createTreeSource(repository, index)
    this.#index = index
    this.#store = store
  }

  /** @param path of the directory in the snapshot, with a slash at its end, for the report */
  async mend(treeId: string, path: string, ctx: Context): Promise<MendedTree> {
    if (this.#known.has(treeId)) return { id: this.#known.get(treeId), mendings: [] }
    throwIfInterrupted(ctx)
    const tree = await this.#read(treeId, ctx)
    const mendings: Mending[] = []
    const id = tree === undefined ? undefined : await this.#mendNodes(treeId, tree, path, mendings, ctx)
    this.#known.set(treeId, id)
    return { id, mendings }
  }

  async #read(treeId: string, ctx: Context): Promise<TreeText | undefined> {
    try {
      const raw = await this.#source.readRaw(treeId, ctx)
      const nodes = parseTree(raw, treeId)
      return { nodes, texts: textsOf(raw, nodes, treeId) }
    } catch (error) {
      if (isAppError(error) && damageCodes.has(error.code)) return undefined
      throw error
    }
  }

  async #mendNodes(
    treeId: string,
    { nodes, texts }: TreeText,
    path: string,
    mendings: Mending[],
    ctx: Context,
  ): Promise<string> {
    const parts: Buffer[] = []
    let changed = false
    for (const [at, node] of nodes.entries()) {
      const text = Buffer.from(texts[at] ?? [])
      const mended = await this.#mendNode(node, text, `${path}${node.name.toString()}`, mendings, ctx)
      changed ||= mended === undefined || !mended.equals(text)
      if (mended !== undefined) parts.push(mended)
    }
    return changed ? await this.#store(encodeRawTree(parts), ctx) : treeId
  }

  /** The node's new text; undefined removes it. */
  async #mendNode(
    node: Node,
    text: Buffer,
    path: string,
    mendings: Mending[],
    ctx: Context,
  ): Promise<Buffer | undefined> {
    if (node.type === 'irregular' || node.type === 'unknown') {
      mendings.push({ path, change: 'node-removed' })
      return undefined
    }
    if (node.type === 'file') return mendFile(node, text, path, mendings, this.#index)
    if (node.type !== 'dir') return text
    const below = node.subtree === undefined ? undefined : await this.mend(node.subtree, `${path}/`, ctx)
    mendings.push(...(below?.mendings ?? []))
    if (below?.id !== undefined && below.id === node.subtree) return text
    if (below?.id === undefined) mendings.push({ path, change: 'directory-emptied' })
    const subtree = below?.id ?? (await this.#store(encodeTree([]), ctx))
    return withSubtree(node, text, subtree)
  }
}

interface TreeText {
  readonly nodes: readonly Node[]
  /** the JSON of each node */
  readonly texts: readonly Uint8Array[]
}

/** A tree in an unusual layout is no damage: its nodes are written anew where something in it changes. */
function textsOf(raw: Buffer, nodes: readonly Node[], treeId: string): readonly Uint8Array[] {
  try {
    return rawNodes(raw, treeId)
  } catch (error) {
    if (!isAppError(error, 'REPOSITORY_DAMAGED')) throw error
    return nodes.map((node) => Buffer.from(encodeNode(node)))
  }
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
