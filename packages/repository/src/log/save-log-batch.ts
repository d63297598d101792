import type { Context } from '@holdfast/core/context'
import { goFileMode } from '../format/file-mode.ts'
import type { Node } from '../format/node.ts'
import { encodeSnapshot } from '../format/snapshot.ts'
import { formatTimestamp } from '../format/timestamp.ts'
import { encodeTree } from '../format/tree.ts'
import { writeUnpacked } from '../open/unpacked-files.ts'
import type { Repository } from '../repository.ts'
import type { StoredContent } from '../save/stream-content.ts'
import type { BatchFile, LogSettings } from './batch-file.ts'
import type { BatchStore } from './batch-store.ts'
import { encodeFacts, type LogContent, type LogFolder } from './log-content.ts'
import type { LogFileName } from './log-file.ts'
import { factsFileName, logPath, partialName, logSnapshotPath, type LogPlace, logTags } from './log-place.ts'

/** Where a batch goes, and what stores it. */
export interface BatchPlace {
  readonly repository: Repository
  readonly place: LogPlace
  readonly settings: LogSettings
  readonly store: BatchStore
}

export interface LogBatch {
  /** what the log holds now, and the folders of it that change, read from the repository */
  readonly content: LogContent
  readonly folders: ReadonlyMap<string, LogFolder>
  readonly add: readonly BatchFile[]
  /** files that go, and with them folders that become empty */
  readonly drop: readonly LogFileName[]
}

/**
 * Writes a log's next snapshot, and returns what the log holds then. Nothing is removed: the caller does that when this
 * has returned, which is when the snapshot is durable. The caller holds a lock.
 */
export async function saveLogBatch(
  { repository, place, settings, store }: BatchPlace,
  batch: LogBatch,
  ctx: Context,
): Promise<{ readonly content: LogContent; readonly folders: ReadonlyMap<string, LogFolder> }> {
  try {
    const writer = createTreeWriter(store, settings, ctx)
    const folders = new Map(batch.folders)
    folders.set('', batch.content.root)
    for (const file of batch.drop) folders.set(file.folder, withoutFile(folders.get(file.folder), file))
    const stored = await Promise.all(batch.add.map((file) => store.file(file)))
    for (const [i, file] of batch.add.entries()) {
      const content = stored[i]
      if (content === undefined) throw new Error(`${file.name} was not stored`)
      folders.set(file.folder, withFile(folders.get(file.folder), writer.file(file.name, content), file))
    }
    const directories = new Map(batch.content.folders)
    for (const [name, folder] of folders) {
      if (name === '') continue
      if (folder.nodes.size === 0) directories.delete(name)
      else directories.set(name, [writer.directory(name, writer.folder(folder, []))])
    }
    const root = folders.get('') ?? { nodes: new Map(), facts: new Map() }
    const below = [...directories.values()].map(([node]) => node).filter((node) => node !== undefined)
    let tree = writer.folder(root, below)
    for (const name of logPath(place).toReversed()) tree = writer.tree([writer.directory(name, tree)])
    await store.finish()
    const id = await writeSnapshot(repository, place, tree, batch.content.snapshotIds[0], settings, ctx)
    return { content: { snapshotIds: [id], root, folders: directories }, folders }
  } catch (error) {
    await store.salvage()
    throw error
  }
}

function withoutFile(folder: LogFolder | undefined, { name }: LogFileName): LogFolder {
  const left = { nodes: new Map(folder?.nodes), facts: new Map(folder?.facts) }
  left.nodes.delete(name)
  left.facts.delete(name)
  return left
}

/** A whole file takes the place of its beginning. */
function withFile(folder: LogFolder | undefined, node: Node, { name, facts }: BatchFile): LogFolder {
  const added = { nodes: new Map(folder?.nodes), facts: new Map(folder?.facts) }
  added.nodes.set(name, node).delete(partialName(name))
  added.facts.set(name, facts).delete(partialName(name))
  return added
}

async function writeSnapshot(
  repository: Repository,
  place: LogPlace,
  tree: string,
  parent: string | undefined,
  { identity, programVersion }: LogSettings,
  ctx: Context,
): Promise<string> {
  const time = formatTimestamp(BigInt(ctx.now().getTime()) * 1_000_000n)
  const snapshot = {
    time,
    ...(parent === undefined ? {} : { parent }),
    tree,
    paths: [logSnapshotPath(place)],
    ...identity,
    excludes: [],
    tags: logTags(place),
    programVersion,
  }
  // the index too must outlast a power cut before anything relies on it
  await repository.backend.flush(ctx)
  const id = await writeUnpacked(repository, 'snapshot', encodeSnapshot(snapshot), ctx)
  await repository.backend.flush(ctx)
  return id
}

interface TreeWriter {
  file(name: string, content: StoredContent): Node
  tree(nodes: readonly Node[]): string
  /** the tree of a folder with its file of facts */
  folder(folder: LogFolder, below: readonly Node[]): string
  directory(name: string, subtree: string): Node
}

function createTreeWriter(store: BatchStore, { identity }: LogSettings, ctx: Context): TreeWriter {
  const ns = BigInt(ctx.now().getTime()) * 1_000_000n
  const node = (name: string): Omit<Node, 'type' | 'mode'> => ({
    name: Buffer.from(name),
    mtimeNs: ns,
    atimeNs: ns,
    ctimeNs: ns,
    uid: identity.uid,
    gid: identity.gid,
    user: identity.username,
    group: '',
    inode: 0n,
    deviceId: 0n,
    size: 0,
    links: 0,
    extendedAttributes: [],
    device: 0n,
    content: null,
    error: '',
  })
  const file = (name: string, { ids, sizeBytes }: StoredContent): Node => {
    return { ...node(name), type: 'file', mode: 0o600, content: ids, size: sizeBytes, links: 1 }
  }
  const tree = (nodes: readonly Node[]): string =>
    store.tree(encodeTree(nodes.toSorted((a, b) => Buffer.compare(a.name, b.name))))
  return {
    file,
    tree,
    folder({ nodes, facts }, below) {
      const about = nodes.size === 0 ? [] : [file(factsFileName, store.bytes(encodeFacts(facts)))]
      return tree([...nodes.values(), ...below, ...about])
    },
    directory: (name, subtree) => ({ ...node(name), type: 'dir', mode: goFileMode(0o040700), subtree }),
  }
}
