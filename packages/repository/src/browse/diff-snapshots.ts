import type { Context } from '@holdfast/core/context'
import { throwIfInterrupted } from '@holdfast/storage/interruption'
import type { BlobIndex } from '../engine/blob-index.ts'
import { encodeNode } from '../format/node-json.ts'
import type { Node } from '../format/node.ts'
import type { Repository } from '../repository.ts'
import { EntryBitmap } from '../tree/entry-bitmap.ts'
import type { TreeSource } from '../tree/tree-source.ts'
import { findTypedEntry } from '../tree/typed-entry.ts'
import { visitTrees } from '../tree/visit-trees.ts'
import { joinPath } from '../tree/walk-tree.ts'

/** One difference. `modifier`: + added, − removed (written "-"), or any of T type, M content, ? content though nothing else changed, U metadata. */
export interface DiffChange {
  readonly modifier: string
  /** raw bytes; of directories with a trailing slash */
  readonly path: Buffer
}

export interface DiffSide {
  files: number
  dirs: number
  others: number
  dataBlobs: number
  treeBlobs: number
  /** of those blobs, uncompressed */
  bytes: number
}

export interface DiffStatistics {
  changedFiles: number
  readonly added: DiffSide
  readonly removed: DiffSide
}

export interface DiffOptions {
  /** also report nodes of which only metadata changed */
  readonly metadata?: boolean
  /** where the trees stand in the snapshots, "/" unless given */
  readonly path?: Buffer
  readonly onChange: (change: DiffChange) => void
}

/**
 * Compares two trees, each the root of a snapshot or a directory in one; changes in byte order of the names (the meaning of
 * restic's `diff`).
 * @throws AppError REPOSITORY_DAMAGED, STORAGE_…
 */
export async function diffSnapshots(
  repository: Repository,
  index: BlobIndex,
  trees: TreeSource,
  before: string,
  after: string,
  options: DiffOptions,
  ctx: Context,
): Promise<DiffStatistics> {
  const comparison = new Comparison(index, trees, options)
  await comparison.compareTrees(options.path ?? Buffer.from('/'), before, after, ctx)
  return comparison.finish(repository, before, after, ctx)
}

class Comparison {
  readonly #index: BlobIndex
  readonly #trees: TreeSource
  readonly #options: DiffOptions
  readonly #before: EntryBitmap
  readonly #after: EntryBitmap
  /** directories that both sides have as they are */
  readonly #common = new Set<string>()
  readonly #statistics: DiffStatistics = { changedFiles: 0, added: emptySide(), removed: emptySide() }

  constructor(index: BlobIndex, trees: TreeSource, options: DiffOptions) {
    this.#index = index
    this.#trees = trees
    this.#options = options
    this.#before = EntryBitmap.create(index.size)
    this.#after = EntryBitmap.create(index.size)
  }

  async compareTrees(path: Buffer, before: string, after: string, ctx: Context): Promise<void> {
    throwIfInterrupted(ctx)
    const [olds, news] = [await this.#trees.read(before, ctx), await this.#trees.read(after, ctx)]
    for (const [old, fresh] of pairNodes(olds, news)) {
      if (old !== undefined) this.#note(this.#before, old)
      if (fresh !== undefined) this.#note(this.#after, fresh)
      if (old !== undefined && fresh !== undefined) await this.#compareNodes(path, old, fresh, ctx)
      else if (old !== undefined) await this.#report('-', path, old, ctx)
      else if (fresh !== undefined) await this.#report('+', path, fresh, ctx)
    }
  }

  async #compareNodes(directory: Buffer, old: Node, fresh: Node, ctx: Context): Promise<void> {
    const path = joinPath(directory, fresh.name)
    const modifier = this.#modifierOf(old, fresh)
    if (modifier !== '') this.#options.onChange({ modifier, path: shownPath(path, fresh) })
    if (old.type !== 'dir' || fresh.type !== 'dir' || old.subtree === undefined || fresh.subtree === undefined) return
    if (old.subtree === fresh.subtree) this.#common.add(old.subtree)
    else await this.compareTrees(path, old.subtree, fresh.subtree, ctx)
  }

  #modifierOf(old: Node, fresh: Node): string {
    const type = old.type === fresh.type ? '' : 'T'
    if (old.type === 'file' && fresh.type === 'file' && !sameContent(old, fresh)) {
      this.#statistics.changedFiles++
      return `${type}M${sameNode({ ...old, content: null }, { ...fresh, content: null }) ? '?' : ''}`
    }
    return this.#options.metadata === true && !sameNode(old, fresh) ? `${type}U` : type
  }

  /** A node that one side alone has, and everything below it. */
  async #report(modifier: '+' | '-', directory: Buffer, node: Node, ctx: Context): Promise<void> {
    const side = modifier === '+' ? this.#statistics.added : this.#statistics.removed
    const blobs = modifier === '+' ? this.#after : this.#before
    const path = joinPath(directory, node.name)
    this.#options.onChange({ modifier, path: shownPath(path, node) })
    if (node.type === 'file') side.files++
    else if (node.type === 'dir') side.dirs++
    else side.others++
    if (node.type !== 'dir' || node.subtree === undefined) return
    throwIfInterrupted(ctx)
    for (const child of await this.#trees.read(node.subtree, ctx)) {
      this.#note(blobs, child)
      await this.#report(modifier, path, child, ctx)
    }
  }

  #note(blobs: EntryBitmap, { content, subtree }: Node): void {
    for (const id of content ?? []) this.#mark(blobs, id, false)
    if (subtree !== undefined) this.#mark(blobs, subtree, true)
  }

  #mark(blobs: EntryBitmap, id: string, isTree: boolean): void {
    const entry = findTypedEntry(this.#index, id, isTree)
    if (entry >= 0) blobs.add(entry)
  }

  async finish(repository: Repository, before: string, after: string, ctx: Context): Promise<DiffStatistics> {
    const [index, olds, news] = [this.#index, this.#before, this.#after]
    this.#mark(olds, before, true)
    this.#mark(news, after, true)
    const common = EntryBitmap.create(index.size)
    // what is missing or damaged in common directories does not concern the difference
    await visitTrees(repository, index, this.#common, common, { onProblem: () => {} }, ctx)
    for (let entry = 0; entry < index.size; entry++) {
      if (olds.has(entry) === news.has(entry) || common.has(entry)) continue
      const side = news.has(entry) ? this.#statistics.added : this.#statistics.removed
      if (index.isTree(entry)) side.treeBlobs++
      else side.dataBlobs++
      side.bytes += index.plainLengthOf(entry)
    }
    return this.#statistics
  }
}

/** Merges two sorted lists of nodes by name. */
function* pairNodes(
  olds: readonly Node[],
  news: readonly Node[],
): Generator<readonly [Node | undefined, Node | undefined]> {
  let [i, j] = [0, 0]
  for (;;) {
    const [old, fresh] = [olds[i], news[j]]
    if (old === undefined && fresh === undefined) return
    const order = old === undefined ? 1 : fresh === undefined ? -1 : Buffer.compare(old.name, fresh.name)
    if (order <= 0) i++
    if (order >= 0) j++
    yield [order <= 0 ? old : undefined, order >= 0 ? fresh : undefined]
  }
}

function shownPath(path: Buffer, node: Node): Buffer {
  return node.type === 'dir' ? Buffer.concat([path, Buffer.from('/')]) : path
}

function sameContent(a: Node, b: Node): boolean {
  const [left, right] = [a.content ?? [], b.content ?? []]
  return left.length === right.length && left.every((id, at) => id === right[at])
}

function sameNode(a: Node, b: Node): boolean {
  return encodeNode(a) === encodeNode(b)
}

function emptySide(): DiffSide {
  return { files: 0, dirs: 0, others: 0, dataBlobs: 0, treeBlobs: 0, bytes: 0 }
}
