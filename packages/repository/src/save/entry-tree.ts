import { splitEntryPath, refusedEntry } from './entry-path.ts'

/** A file, link or stored thing: its node's JSON, undefined while its content is being stored. */
interface Leaf {
  text: string | undefined
  mtimeNs: bigint
}

interface Directory {
  readonly path: string
  readonly depth: number
  /** JSON of its node up to its content; undefined: the source has not named it, or not yet */
  head: string | undefined
  mtimeNs: bigint
  readonly leaves: Map<string, Leaf>
  readonly directories: Map<string, Directory>
}

/** A directory whose subdirectories are all known by their trees. */
export interface ReadyDirectory {
  readonly path: string
  /** JSON of its tree */
  readonly text: string
}

/** Makes the head of the node of a directory that the source did not name; `newestNs` is the newest time in it. */
export type UnnamedHead = (name: string, newestNs: bigint | undefined) => string

/**
 * What a source of entries has given so far, directory by directory: a few hundred bytes of JSON for each entry. Trees are
 * made of it at the end, from the leaves up, because entries come in any order.
 */
export class EntryTree {
  readonly #directories = new Map<string, Directory>()
  readonly #root = newDirectory('', 0)
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
    directory.leaves.set(name, { text: undefined, mtimeNs: 0n })
  }

  fill(path: string, text: string, mtimeNs: bigint): void {
    const { directory, name } = splitEntryPath(path)
    const leaf = this.#directoryAt(directory).leaves.get(name)
    if (leaf === undefined) throw new Error(`no place was reserved for ${path}`)
    leaf.text = text
    leaf.mtimeNs = mtimeNs
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
   * Makes the JSON of every directory's tree, the deepest ones first. Before the next level is asked for, `treeIds` must
   * know every directory of this one. The last level is the root alone, whose path is empty.
   */
  *levels(unnamedHead: UnnamedHead, treeIds: ReadonlyMap<string, string>): Generator<Iterable<ReadyDirectory>> {
    const levels: Directory[][] = []
    for (const directory of this.#directories.values()) (levels[directory.depth] ??= []).push(directory)
    for (const level of levels.toReversed()) {
      yield level.values().map((directory) => ({
        path: directory.path,
        text: treeText(directory, unnamedHead, treeIds),
      }))
    }
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
  return { path, depth, head: undefined, mtimeNs: 0n, leaves: new Map(), directories: new Map() }
}

function treeText(directory: Directory, unnamedHead: UnnamedHead, treeIds: ReadonlyMap<string, string>): string {
  const nodes: string[] = []
  let newestNs: bigint | undefined
  for (const name of sortedNames(directory)) {
    const child = directory.directories.get(name)
    const leaf = directory.leaves.get(name)
    const mtimeNs = child?.mtimeNs ?? leaf?.mtimeNs
    if (mtimeNs !== undefined && (newestNs === undefined || mtimeNs > newestNs)) newestNs = mtimeNs
    nodes.push(child === undefined ? leafText(leaf, directory, name) : directoryText(child, treeIds))
  }
  if (directory.depth > 0 && directory.head === undefined) {
    const name = directory.path.slice(directory.path.lastIndexOf('/') + 1)
    directory.head = unnamedHead(name, newestNs)
    directory.mtimeNs = newestNs ?? 0n
  }
  directory.leaves.clear()
  directory.directories.clear()
  return `{"nodes":[${nodes.join(',')}]}\n`
}

function leafText(leaf: Leaf | undefined, directory: Directory, name: string): string {
  if (leaf?.text === undefined) throw new Error(`${directory.path}/${name} was never completed`)
  return leaf.text
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
