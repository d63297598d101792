import type { Context } from '@holdfast/core/context'
import type { BlobIndex } from '../engine/blob-index.ts'
import { isJsonObject, JsonFields, type JsonObject } from '../format/json-fields.ts'
import type { Node } from '../format/node.ts'
import type { Repository } from '../repository.ts'
import { dumpFile } from '../restore/dump-file.ts'
import type { ListedSnapshot } from '../snapshot/listed-snapshot.ts'
import { resolvePath } from '../tree/resolve-path.ts'
import type { TreeSource } from '../tree/tree-source.ts'
import { factsFileName, isLogFileName, logPath, type LogPlace } from './log-place.ts'

/** What lies in one directory of a log. */
export interface LogFolder {
  /** files by name, without the one that holds the facts */
  readonly nodes: ReadonlyMap<string, Node>
  readonly facts: ReadonlyMap<string, JsonObject>
}

/** What the snapshots of a log hold together. */
export interface LogContent {
  readonly snapshotIds: readonly string[]
  /** the log's own directory */
  readonly root: LogFolder
  /** directories below it: their nodes in each snapshot that has another version, newest first */
  readonly folders: ReadonlyMap<string, readonly Node[]>
}

/** Where trees and contents are read from. */
export interface LogTrees {
  readonly repository: Repository
  readonly index: BlobIndex
  readonly trees: TreeSource
}

export const noLogContent: LogContent = {
  snapshotIds: [],
  root: { nodes: new Map(), facts: new Map() },
  folders: new Map(),
}

/** `snapshots`: newest first. Files that several of them hold are the newest one's. */
export async function readLogContent(
  source: LogTrees,
  snapshots: readonly ListedSnapshot[],
  place: LogPlace,
  ctx: Context,
): Promise<LogContent> {
  const treeIds: string[] = []
  for (const { id, snapshot } of snapshots) {
    const { treeId } = await resolvePath(source.trees, snapshot.tree, logPath(place).join('/'), id, ctx)
    if (treeId !== undefined && !treeIds.includes(treeId)) treeIds.push(treeId)
  }
  const folders = new Map<string, readonly Node[]>()
  for (const treeId of treeIds) {
    for (const node of await source.trees.read(treeId, ctx)) {
      const name = node.name.toString()
      if (node.type !== 'dir' || node.subtree === undefined || !isLogFileName(name)) continue
      const known = folders.get(name) ?? []
      if (!known.some(({ subtree }) => subtree === node.subtree)) folders.set(name, [...known, node])
    }
  }
  return { snapshotIds: snapshots.map(({ id }) => id), root: await readLogFolder(source, treeIds, ctx), folders }
}

/** The files in any of these trees; where two have one of the same name, the first tree's. */
export async function readLogFolder(source: LogTrees, treeIds: readonly string[], ctx: Context): Promise<LogFolder> {
  const nodes = new Map<string, Node>()
  const facts = new Map<string, JsonObject>()
  for (const treeId of treeIds) {
    const own = await source.trees.read(treeId, ctx)
    const about = own.find(({ name }) => name.toString() === factsFileName)
    const known = about === undefined ? new Map<string, JsonObject>() : await readFacts(source, about, ctx)
    for (const node of own) {
      const name = node.name.toString()
      if (node.type !== 'file' || name === factsFileName || !isLogFileName(name) || nodes.has(name)) continue
      nodes.set(name, node)
      facts.set(name, known.get(name) ?? {})
    }
  }
  return { nodes, facts }
}

/** The content of a folder's file of facts: `{"formatVersion": 1, "files": {"<name>": {…}}}`. */
export function encodeFacts(facts: ReadonlyMap<string, JsonObject>): Buffer {
  const files = Object.fromEntries([...facts].toSorted(([a], [b]) => (a < b ? -1 : 1)))
  return Buffer.from(`${JSON.stringify({ formatVersion: 1, files })}\n`)
}

async function readFacts(source: LogTrees, node: Node, ctx: Context): Promise<Map<string, JsonObject>> {
  const parts: Buffer[] = []
  for await (const part of dumpFile(source.repository, source.index, node, ctx)) parts.push(part)
  const fields = JsonFields.parse(Buffer.concat(parts), factsFileName)
  const found = new Map<string, JsonObject>()
  if (!fields.has('files')) return found
  for (const [name, value] of Object.entries(fields.object('files').raw)) {
    if (isJsonObject(value)) found.set(name, value)
  }
  return found
}
