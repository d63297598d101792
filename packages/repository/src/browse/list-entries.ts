import type { Context } from '@holdfast/core/context'
import type { TreeSource } from '../tree/tree-source.ts'
import { resolvePath, splitPath } from '../tree/resolve-path.ts'
import { type WalkedEntry, walkTree } from '../tree/walk-tree.ts'

export interface ListOptions {
  /** directories or files to list, absolute; all when empty */
  readonly paths?: readonly (string | Buffer)[]
  /** with paths: also what is below their entries */
  readonly recursive?: boolean
  /** how the snapshot is called in errors */
  readonly snapshot: string
  /** path of the tree that the listing begins with; "/" unless the snapshot was given with a subfolder */
  readonly path?: Buffer
}

/**
 * The entries of a snapshot, parents before children. Without paths everything; with paths each of them, its entries and,
 * if asked for, everything below (the meaning of restic's `ls`).
 * @throws AppError PATH_UNKNOWN before the first entry, REPOSITORY_DAMAGED, STORAGE_…
 */
export async function* listEntries(
  trees: TreeSource,
  rootTreeId: string,
  { paths = [], recursive = false, snapshot, path }: ListOptions,
  ctx: Context,
): AsyncGenerator<WalkedEntry> {
  const wanted: string[] = []
  for (const each of paths) {
    await resolvePath(trees, rootTreeId, each, snapshot, ctx)
    wanted.push(pathText(Buffer.concat(splitPath(each).flatMap((name) => [slash, name]))))
  }
  const within = (text: string): boolean => wanted.length === 0 || wanted.some((dir) => isInside(text, dir))
  const leadsTo = (text: string): boolean => wanted.length === 0 || wanted.some((dir) => isInside(dir, text))
  const prefix = path === undefined || path.length === 1 ? 0 : path.length
  const own = (entry: WalkedEntry): string => pathText(entry.path.subarray(prefix))
  const enter = (entry: WalkedEntry): boolean => {
    const text = own(entry)
    return (recursive && within(text)) || leadsTo(text)
  }
  for await (const entry of walkTree(trees, rootTreeId, { enter, ...(path === undefined ? {} : { path }) }, ctx)) {
    if (within(own(entry))) yield entry
  }
}

const slash = Buffer.from('/')

/** one character a byte; the root is empty */
function pathText(path: Buffer): string {
  return path.toString('latin1')
}

function isInside(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`)
}
