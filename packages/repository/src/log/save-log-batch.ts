import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { goFileMode } from '../format/file-mode.ts'
import type { JsonObject } from '../format/json-fields.ts'
import type { Node } from '../format/node.ts'
import { encodeSnapshot } from '../format/snapshot.ts'
import { formatTimestamp } from '../format/timestamp.ts'
import { encodeTree } from '../format/tree.ts'
import { writeUnpacked } from '../open/unpacked-files.ts'
import type { Repository } from '../repository.ts'
import type { SaveRequest, SnapshotIdentity } from '../save/save-request.ts'
import { openSaveSession, type SaveSession } from '../save/save-session.ts'
import { createStreamChunker } from '../save/stream-chunks.ts'
import { encodeFacts, type LogContent, type LogFolder } from './log-content.ts'
import type { LogFileName } from './log-file.ts'
import { factsFileName, logPath, partialName, logSnapshotPath, type LogPlace, logTags } from './log-place.ts'

/** How a log is written into a repository. */
export interface LogSettings {
  /** `hostname` is the host of the source, not of the machine that writes */
  readonly identity: SnapshotIdentity
  readonly programVersion: string
  readonly compression: SaveRequest['compression']
  readonly packBytes: number
  readonly workers: number
}

/** A file to be added; its bytes are asked for when it is its turn. */
export interface BatchFile extends LogFileName {
  readonly facts: JsonObject
  read(ctx: Context): Promise<Uint8Array>
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
  repository: Repository,
  place: LogPlace,
  batch: LogBatch,
  settings: LogSettings,
  ctx: Context,
): Promise<{ readonly content: LogContent; readonly folders: ReadonlyMap<string, LogFolder> }> {
  await using session = await openSaveSession([repository], requestOf(place, settings, ctx), {}, ctx)
  try {
    const writer = createTreeWriter(session, settings, ctx)
    const folders = new Map(batch.folders)
    folders.set('', batch.content.root)
    for (const file of batch.drop) folders.set(file.folder, withoutFile(folders.get(file.folder), file))
    for (const file of batch.add) {
      const folder = folders.get(file.folder) ?? { nodes: new Map(), facts: new Map() }
      const node = await writer.file(file.name, await file.read(ctx))
      folders.set(file.folder, withFile(folder, node, file))
    }
    const directories = new Map(batch.content.folders)
    for (const [name, folder] of folders) {
      if (name === '') continue
      if (folder.nodes.size === 0) directories.delete(name)
      else directories.set(name, [await writer.directory(name, await writer.folder(folder, []))])
    }
    const root = folders.get('') ?? { nodes: new Map(), facts: new Map() }
    const below = [...directories.values()].map(([node]) => node).filter((node) => node !== undefined)
    let tree = await writer.folder(root, below)
    for (const name of logPath(place).toReversed()) tree = await writer.tree([await writer.directory(name, tree)])
    const [failure] = await session.finish()
    if (failure !== undefined) throw failure
    const id = await writeSnapshot(repository, place, tree, batch.content.snapshotIds[0], settings, ctx)
    return { content: { snapshotIds: [id], root, folders: directories }, folders }
  } catch (error) {
    await session.salvage()
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
function withFile(folder: LogFolder, node: Node, { name, facts }: BatchFile): LogFolder {
  const added = { nodes: new Map(folder.nodes), facts: new Map(folder.facts) }
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
  file(name: string, bytes: Uint8Array): Promise<Node>
  tree(nodes: readonly Node[]): Promise<string>
  /** the tree of a folder with its file of facts */
  folder(folder: LogFolder, below: readonly Node[]): Promise<string>
  directory(name: string, subtree: string): Promise<Node>
}

function createTreeWriter(session: SaveSession, { identity }: LogSettings, ctx: Context): TreeWriter {
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
  const chunksOf = createStreamChunker(session.chunkerPolynomial)
  const file = async (name: string, bytes: Uint8Array): Promise<Node> => {
    const content = await storeContent(session, chunksOf(once(bytes)), ctx)
    return { ...node(name), type: 'file', mode: 0o600, content, size: bytes.length, links: 1 }
  }
  const tree = (nodes: readonly Node[]): Promise<string> => {
    const sorted = nodes.toSorted((a, b) => Buffer.compare(a.name, b.name))
    return storeBlob(session, Uint8Array.from(encodeTree(sorted)), true)
  }
  return {
    file,
    tree,
    async folder({ nodes, facts }, below) {
      const about = nodes.size === 0 ? [] : [await file(factsFileName, encodeFacts(facts))]
      return await tree([...nodes.values(), ...below, ...about])
    },
    directory: async (name, subtree) => ({ ...node(name), type: 'dir', mode: goFileMode(0o040700), subtree }),
  }
}

/** Stores a file's content; returns the ids of its blobs. */
async function storeContent(
  session: SaveSession,
  chunks: AsyncIterable<Uint8Array<ArrayBuffer>>,
  ctx: Context,
): Promise<string[]> {
  const ids: Promise<string>[] = []
  const running = new Set<Promise<unknown>>()
  for await (const chunk of chunks) {
    if (ctx.signal.aborted) throw new AppError('INTERRUPTED', {})
    await session.roomForPacks()
    session.counts.bytes += chunk.length
    const stored = storeBlob(session, chunk, false)
    // a failure is thrown at the end, when all are waited for
    const settled: Promise<unknown> = stored.catch(() => {}).finally(() => running.delete(settled))
    running.add(settled)
    ids.push(stored)
    if (running.size >= session.pool.size * 2) await Promise.race(running)
  }
  return await Promise.all(ids)
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

async function storeBlob(session: SaveSession, bytes: Uint8Array<ArrayBuffer>, isTree: boolean): Promise<string> {
  const loads = Array.from({ length: session.pool.size }, (_, worker) => session.pool.load(worker))
  const worker = loads.indexOf(Math.min(...loads))
  const result = await session.pool.run(worker, { type: 'blob', bytes, isTree }, [bytes.buffer])
  session.take(result)
  if (result.outcome.type !== 'blob') throw new Error('a blob was answered with something else')
  return result.outcome.id
}

function requestOf(place: LogPlace, settings: LogSettings, ctx: Context): SaveRequest {
  const nothing: AsyncIterable<Uint8Array> = { [Symbol.asyncIterator]: async function* () {} }
  return {
    source: { type: 'stream', path: logSnapshotPath(place), bytes: nothing, finish: async () => {} },
    identity: settings.identity,
    time: ctx.now(),
    tags: logTags(place),
    programVersion: settings.programVersion,
    filter: {},
    excludes: [],
    parent: { type: 'none' },
    withAtime: false,
    ignoreCtime: false,
    ignoreInode: false,
    compression: settings.compression,
    packBytes: settings.packBytes,
    workers: settings.workers,
    dryRun: false,
    skipIfUnchanged: false,
    verbose: false,
    scan: false,
  }
}
