import type { Context } from '@holdfast/core/context'
import type { BlobIndex } from '../engine/blob-index.ts'
import { statModeOf } from '../format/file-mode.ts'
import type { Node, NodeType } from '../format/node.ts'
import type { Repository } from '../repository.ts'
import { createTreeSource } from '../tree/tree-source.ts'
import { walkTree } from '../tree/walk-tree.ts'
import { type ContentPart, contentOf } from './file-content.ts'
import { readAhead } from './read-ahead.ts'
import { encodeTarHeader, type TarEntry, tarEnd, tarPadding, tarTypes } from './tar-header.ts'

export interface DumpRoot {
  readonly tree: string
  /** raw bytes, absolute within the snapshot: "/srv/app"; entries are called relative to the snapshot's root, as in restic */
  readonly path: Buffer
  /** the directory's own node, where it has one */
  readonly node?: Node
}

const types: Readonly<Partial<Record<NodeType, TarEntry['type']>>> = {
  file: tarTypes.file,
  dir: tarTypes.directory,
  symlink: tarTypes.symlink,
  dev: tarTypes.blockDevice,
  chardev: tarTypes.characterDevice,
  fifo: tarTypes.fifo,
}

/**
 * A directory with everything below it as a tar archive (pax format: long names, names that are not UTF-8, nanoseconds,
 * extended attributes). Hard links are kept; sockets are left out.
 * @throws AppError REPOSITORY_DAMAGED at the first thing that cannot be read: an archive cannot have gaps
 */
export async function* dumpTar(
  repository: Repository,
  index: BlobIndex,
  root: DumpRoot,
  ctx: Context,
): AsyncGenerator<Uint8Array> {
  // across files: most of them are small, and each alone would wait for the store
  yield* readAhead(partsOfTar(repository, index, root, ctx), repository, index, ctx)
}

async function* partsOfTar(
  repository: Repository,
  index: BlobIndex,
  root: DumpRoot,
  ctx: Context,
): AsyncGenerator<Uint8Array | ContentPart> {
  const links = new Map<string, Buffer>()
  if (root.node !== undefined) yield encodeTarHeader(tarEntry(index, root.node, root.path, undefined))
  for await (const { path, node } of walkTree(
    createTreeSource(repository, index),
    root.tree,
    { path: root.path },
    ctx,
  )) {
    if (types[node.type] === undefined) continue
    const linkedTo = knownLink(links, node, path)
    const entry = tarEntry(index, node, path, linkedTo)
    yield encodeTarHeader(entry)
    if (node.type !== 'file' || linkedTo !== undefined) continue
    yield* contentOf(index, node).parts
    yield tarPadding(entry.sizeBytes)
  }
  yield tarEnd
}

/** The path under which the same file is in the archive already. */
function knownLink(links: Map<string, Buffer>, node: Node, path: Buffer): Buffer | undefined {
  if (node.type !== 'file' || node.links < 2) return undefined
  const key = `${node.inode}:${node.deviceId}`
  const known = links.get(key)
  if (known === undefined) links.set(key, path)
  return known
}

function tarEntry(index: BlobIndex, node: Node, path: Buffer, linkedTo: Buffer | undefined): TarEntry {
  const { uid, gid, user, group, mtimeNs, device, extendedAttributes } = node
  const linkTarget = linkedTo === undefined ? node.linkTarget : linkedTo.subarray(1)
  return {
    type: linkedTo === undefined ? (types[node.type] ?? tarTypes.file) : tarTypes.hardLink,
    path: node.type === 'dir' ? Buffer.concat([path.subarray(1), Buffer.from('/')]) : path.subarray(1),
    ...(linkTarget === undefined ? {} : { linkTarget }),
    permissions: statModeOf(node.mode) & 0o7777,
    // the length of what follows must be right whatever the node says
    sizeBytes: node.type === 'file' && linkedTo === undefined ? contentOf(index, node).sizeBytes : 0,
    ...{ uid, gid, user, group, mtimeNs, device, extendedAttributes },
  }
}
