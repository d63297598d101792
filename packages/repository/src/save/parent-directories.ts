import type { BigIntStats } from 'node:fs'
import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import { quoteName } from '../format/node-name.ts'
import { parseTimestamp } from '../format/timestamp.ts'
import type { ListedSnapshot } from '../snapshot/listed-snapshot.ts'
import type { TreeSource } from '../tree/tree-source.ts'
import type { FileStats } from './save-jobs.ts'
import { nodeTimes } from './node-text.ts'
import { isUnchanged, type ParentNode, type ParentTree, parseParentTree } from './parent-tree.ts'
import { splitEntryPath } from './entry-path.ts'

/** Directories of the parent snapshot that are kept: sources go through one or two at a time. */
const keptDirectories = 4
/** File systems keep time in ticks, and clocks of two machines differ. */
const racyNs = 2_000_000_000n

/** The parent snapshot of a source of entries, by path. */
export class ParentDirectories {
  readonly #trees: TreeSource
  readonly #ctx: Context
  readonly #kept = new Map<string, ParentTree>()
  readonly #treeIds = new Map<string, string | undefined>()
  readonly #quietUntilNs: bigint

  constructor(parent: ListedSnapshot | undefined, trees: TreeSource, ctx: Context) {
    this.#trees = trees
    this.#ctx = ctx
    this.#treeIds.set('', parent?.snapshot.tree)
    const began = parent?.snapshot.summary?.backupStart ?? parent?.snapshot.time
    this.#quietUntilNs = (began === undefined ? undefined : (parseTimestamp(began)?.ns ?? 0n) - racyNs) ?? 0n
  }

  /** What the parent snapshot has at this path. */
  async find(path: string): Promise<ParentNode | undefined> {
    const { directory, name } = splitEntryPath(path)
    const tree = await this.#directory(directory)
    return tree?.find(quoteName(name))
  }

  /** Id of the tree of a directory; empty: of the root. */
  async treeId(path: string): Promise<string | undefined> {
    if (this.#treeIds.has(path)) return this.#treeIds.get(path)
    const node = await this.find(path)
    const id = node?.type === 'dir' ? node.subtree : undefined
    this.#treeIds.set(path, id)
    return id
  }

  /**
   * Whether a file is as it was. One that changed while the parent snapshot was made, or just before, may have changed
   * again within the same tick of its clock after it was read, and is read again.
   */
  isUnchanged(
    known: ParentNode,
    stats: BigIntStats,
    rule: { readonly ignoreCtime: boolean; readonly ignoreInode: boolean },
  ): boolean {
    return !this.#isRacy(stats) && isUnchanged(known, stats, nodeTimes(stats), rule)
  }

  #isRacy({ mtimeNs, ctimeNs }: Pick<FileStats, 'mtimeNs' | 'ctimeNs'>): boolean {
    return mtimeNs >= this.#quietUntilNs || ctimeNs >= this.#quietUntilNs
  }

  async #directory(path: string): Promise<ParentTree | undefined> {
    const kept = this.#kept.get(path)
    if (kept !== undefined) {
      this.#kept.delete(path)
      this.#kept.set(path, kept)
      return kept
    }
    const id = await this.treeId(path)
    if (id === undefined) return undefined
    const bytes = await this.#read(id)
    if (bytes === undefined) return undefined
    const tree = parseParentTree(bytes.toString('utf8'))
    this.#kept.set(path, tree)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > keptDirectories && oldest !== undefined) this.#kept.delete(oldest)
    return tree
  }

  /** A tree that cannot be read costs only the comparison. */
  async #read(id: string): Promise<Buffer | undefined> {
    try {
      return await this.#trees.readRaw(id, this.#ctx)
    } catch (error) {
      if (isAppError(error) && error.code !== 'INTERRUPTED') return undefined
      throw error
    }
  }
}
