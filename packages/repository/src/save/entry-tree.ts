import { splitEntryPath, refusedEntry } from './entry-path.ts'
import { TextStore } from './text-store.ts'

/** A leaf whose content is being stored. */
const reserved = -1

interface Directory {
  readonly path: string
  readonly depth: number
  /** JSON of its node up to its content; undefined: the source has not named it, or not yet */
  head: string | undefined
  mtimeNs: bigint
  /** the newest time of what lies in it */
  newestNs: bigint | undefined
  /** files, links and what is stored already: handles of their nodes' JSON */
  readonly leaves: Map<string, number>
  readonly directories: Map<string, Directory>
}

/** A directory whose subdirectories are all known by their trees. */
export interface ReadyDirectory {
  readonly path: string
  /** its tree */
  readonly bytes: Uint8Array<ArrayBuffer>
}

const treeStart = Buffer.from('{"nodes":[')
const treeEnd = Buffer.from(']}\n')
const comma = 0x2c

/** Makes the head of the node of a directory that the source did not name; `newestNs` is the newest time in it. */
export type UnnamedHead = (name: string, newestNs: bigint | undefined) => string

/**
 * What a source of entries has given so far, directory by directory: a few hundred bytes of JSON for each entry. Trees are
 * made of it at the end, from the leaves up, because entries come in any order.
 */
export class EntryTree {
  readonly #directories = new Map<string, Directory>()
  readonly #root = newDirectory('', 0)
  readonly #texts = new TextStore()
  #lastPath = ''
  #last = this.#root

  constructor() {
    this.#directories.set('', this.#root)
  }

  get isEmpty(): boolean {
    return this.#root.leaves.size === 0 && this.#root.directories.size === 0
  }

  /**
   * Takes the place of a leaf, whose node is given to `fill` later, or `remove` frees it.
   * @throws AppError SOURCE_ENTRY_REFUSED
   */
  reserve(path: string): void {
    const { directory: parent, name } = splitEntryPath(path)
    const directory = this.#directoryAt(parent)
    if (directory.leaves.has(name) || directory.directories.has(name)) throw refusedEntry(path, 'it came twice')
    directory.leaves.set(name, reserved)
  }

  fill(path: string, text: string, mtimeNs: bigint): void {
    const { directory: parent, name } = splitEntryPath(path)
    const directory = this.#directoryAt(parent)
    if (directory.leaves.get(name) !== reserved) throw new Error(`no place was reserved for ${path}`)
    directory.leaves.set(name, this.#texts.add(text))
    noteTime(directory, mtimeNs)
  }

  remove(path: string): void {
    const { directory, name } = splitEntryPath(path)
    this.#directoryAt(directory).leaves.delete(name)
  }

  /**
   * Names a directory.
   * @param head JSON of its node up to its content
   * @throws AppError SOURCE_ENTRY_REFUSED
   */
  nameDirectory(path: string, head: string, mtimeNs: bigint): void {
    splitEntryPath(path)
    const directory = this.#directoryAt(path)
    if (directory.head !== undefined) throw refusedEntry(path, 'it came twice')
    directory.head = head
    directory.mtimeNs = mtimeNs
  }

  /**
   * Makes every directory's tree, the deepest ones first. Before the next level is asked for, `treeIds` must
   * know every directory of this one. The last level is the root alone, whose path is empty.
   */
  *levels(unnamedHead: UnnamedHead, treeIds: ReadonlyMap<string, string>): Generator<Iterable<ReadyDirectory>> {
    const levels: Directory[][] = []
    for (const directory of this.#directories.values()) (levels[directory.depth] ??= []).push(directory)
    for (const level of levels.toReversed()) {
      yield level.values().map((directory) => ({
        path: directory.path,
        bytes: treeBytes(this.#nodesOf(directory, unnamedHead, treeIds)),
      }))
    }
  }

  /** The JSON of what lies in a directory; completes its own node. */
  #nodesOf(directory: Directory, unnamedHead: UnnamedHead, treeIds: ReadonlyMap<string, string>): Uint8Array[] {
    const { path, leaves, directories } = directory
    const nodes = sortedNames(directory).map((name) => {
      const child = directories.get(name)
      if (child !== undefined) {
        noteTime(directory, child.mtimeNs)
        return Buffer.from(directoryText(child, treeIds))
      }
      const handle = leaves.get(name) ?? reserved
      if (handle === reserved) throw new Error(`${path}/${name} was never completed`)
      return this.#texts.bytesOf(handle)
    })
    if (directory.depth > 0 && directory.head === undefined) {
      directory.head = unnamedHead(path.slice(path.lastIndexOf('/') + 1), directory.newestNs)
      directory.mtimeNs = directory.newestNs ?? 0n
    }
    leaves.clear()
    directories.clear()
    return nodes
  }

  #directoryAt(path: string): Directory {
    if (path === this.#lastPath) return this.#last
    let directory = this.#directories.get(path)
    if (directory === undefined) {
      const { directory: parentPath, name } = splitEntryPath(path)
      const parent = this.#directoryAt(parentPath)
      if (parent.leaves.has(name)) throw refusedEntry(path, 'it is a directory and something else')
      directory = newDirectory(path, parent.depth + 1)
      parent.directories.set(name, directory)
      this.#directories.set(path, directory)
    }
    this.#lastPath = path
    this.#last = directory
    return directory
  }
}

function newDirectory(path: string, depth: number): Directory {
  return { path, depth, head: undefined, mtimeNs: 0n, newestNs: undefined, leaves: new Map(), directories: new Map() }
}

function noteTime(directory: Directory, mtimeNs: bigint): void {
  if (directory.newestNs === undefined || mtimeNs > directory.newestNs) directory.newestNs = mtimeNs
}

/** As `encodeTree` writes it, from nodes that are JSON already. */
function treeBytes(nodes: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const commas = Math.max(nodes.length - 1, 0)
  const size = nodes.reduce((sum, { length }) => sum + length, treeStart.length + commas + treeEnd.length)
  const bytes = new Uint8Array(size)
  bytes.set(treeStart)
  let at = treeStart.length
  for (const [i, node] of nodes.entries()) {
    if (i > 0) bytes[at++] = comma
    bytes.set(node, at)
    at += node.length
  }
  bytes.set(treeEnd, at)
  return bytes
}

function directoryText(child: Directory, treeIds: ReadonlyMap<string, string>): string {
  const id = treeIds.get(child.path)
  if (id === undefined || child.head === undefined) throw new Error(`the tree of ${child.path} is not there yet`)
  return `${child.head},"content":null,"subtree":"${id}"}`
}

/** In the order of their bytes. */
function sortedNames({ leaves, directories }: Directory): string[] {
  const names = [...leaves.keys(), ...directories.keys()]
  // UTF-16 order differs only for characters beyond U+FFFF, which sort before U+E000 to U+FFFF
  if (!names.some((name) => /[\ud800-\uffff]/.test(name))) return names.toSorted()
  return names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
}
