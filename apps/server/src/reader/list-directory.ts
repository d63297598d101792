import type { EntryView } from '@holdfast/api/view/snapshot-view'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { quotePath, unquotePath } from '@holdfast/core/text/quoted-path'
import { statModeOf } from '@holdfast/repository/format/file-mode'
import type { Node } from '@holdfast/repository/format/node'
import { formatTimestamp } from '@holdfast/repository/format/timestamp'
import { resolvePath } from '@holdfast/repository/tree/resolve-path'
import type { HeldSnapshot } from './held-repositories.ts'
import type { DirectoryPage } from './reader-question.ts'

export interface DirectoryRequest {
  readonly path: string
  /** the name that the page before ended with */
  readonly after?: string
  readonly limit: number
}

/** A page of a directory of a snapshot. Fails with PATH_UNKNOWN, SNAPSHOT_ENTRY_UNSUITABLE, REPOSITORY_DAMAGED. */
export async function listDirectory(
  { listed, opened: { trees } }: HeldSnapshot,
  { path, after, limit }: DirectoryRequest,
  ctx: Context,
): Promise<DirectoryPage> {
  const snapshot = listed.id.slice(0, 8)
  const found = await resolvePath(trees, listed.snapshot.tree, unquotePath(path) ?? path, snapshot, ctx)
  const { treeId } = found
  const directory = quotePath(found.path)
  if (treeId === undefined) {
    throw new AppError('SNAPSHOT_ENTRY_UNSUITABLE', { path: directory, snapshot, wanted: 'directory' })
  }
  const nodes = await trees.read(treeId, ctx)
  const begin = after === undefined ? 0 : placeAfter(nodes, unquotePath(after) ?? Buffer.from(after))
  const page = nodes.slice(begin, begin + limit)
  const last = page.at(-1)
  const hasMore = last !== undefined && begin + limit < nodes.length
  return {
    path: directory,
    entries: page.map((node) => entryOf(node, directory)),
    total: nodes.length,
    ...(hasMore ? { after: quotePath(last.name) } : {}),
  }
}

/** Names are in byte order: the first that is greater. */
function placeAfter(nodes: readonly Node[], name: Buffer): number {
  let [low, high] = [0, nodes.length]
  while (low < high) {
    const middle = (low + high) >> 1
    const node = nodes[middle]
    if (node !== undefined && Buffer.compare(node.name, name) <= 0) low = middle + 1
    else high = middle
  }
  return low
}

function entryOf(node: Node, directory: string): EntryView {
  const { type, mode, mtimeNs, user, group, linkTarget } = node
  const name = quotePath(node.name)
  return {
    name,
    path: directory === '/' ? `/${name}` : `${directory}/${name}`,
    type,
    ...(type === 'file' ? { sizeBytes: node.size } : {}),
    modifiedAt: formatTimestamp(mtimeNs),
    mode: (statModeOf(mode) & 0o7777).toString(8).padStart(4, '0'),
    user,
    group,
    ...(linkTarget === undefined ? {} : { linkTarget: quotePath(linkTarget) }),
  }
}
