import type { Context } from '@holdfast/core/context'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import { type BlobIndex } from '../engine/blob-index.ts'
import { loadIndex } from '../engine/load-index.ts'
import type { JsonObject } from '../format/json-fields.ts'
import type { Node } from '../format/node.ts'
import type { Repository } from '../repository.ts'
import { dumpFile } from '../restore/dump-file.ts'
import { createTreeSource } from '../tree/tree-source.ts'
import {
  type LogContent,
  type LogFolder,
  type LogTrees,
  noLogContent,
  readLogContent,
  readLogFolder,
} from './log-content.ts'
import { chainTips, listTips, newestNote, type TipChain } from './list-tips.ts'
import { type LogFileInfo, logFileKey, type LogFileName } from './log-file.ts'
import type { LogPlace } from './log-place.ts'
import { createLogSnapshotFinder } from './log-snapshots.ts'
import { readChain } from './tip-store.ts'

/** A log as it was when it was read: everything that any of its snapshots and tips hold. */
export interface LogReader {
  readonly isEmpty: boolean
  /** Names of the folders, sorted; "" for the log's own directory, always there. */
  readonly folders: readonly string[]
  /** the newest note on the log as a whole */
  readonly note: { readonly facts: JsonObject; readonly writtenAtMs: number } | undefined
  /** Files of a folder in byte order of their names; only the folder's tree is read. */
  files(folder: string, ctx: Context): Promise<readonly LogFileInfo[]>
  /** Files of all folders. */
  allFiles(ctx: Context): Promise<readonly LogFileInfo[]>
  /**
   * The bytes of a file, or undefined when there is none of that name. Of a growing file there may be more than when the log
   * was read: a writer that works on has replaced what it was in by then.
   * @throws AppError REPOSITORY_DAMAGED, STORAGE_…; STORAGE_FILE_MISSING when the writer is faster than this reader
   */
  read(file: LogFileName, ctx: Context): Promise<Buffer | undefined>
  /** Where a folder's files lie for the restore engine: trees, and the names to be taken from each. */
  trees(folder: string, names: readonly string[], ctx: Context): Promise<readonly LogTreeShare[]>
}

export interface LogTreeShare {
  readonly treeId: string
  readonly names: readonly string[]
}

/** A writer replaces tips every few seconds at most. */
const attempts = 10

/** Reads what there is of a log. Holds no lock: a log only grows, and what is trimmed is not asked for. */
export async function readLog(repository: Repository, place: LogPlace, ctx: Context): Promise<LogReader> {
  const log = await readLogOnce(repository, place, ctx)
  let newest = log
  return {
    ...log,
    // the rest of a restore takes hours, and tips are replaced within seconds
    async read(file, own) {
      for (let attempt = 1; ; attempt++) {
        try {
          return await newest.read(file, own)
        } catch (error) {
          if (!isLogReplaced(error) || attempt === attempts) throw error
          newest = await readLogOnce(repository, place, own)
        }
      }
    },
  }
}

async function readLogOnce(repository: Repository, place: LogPlace, ctx: Context): Promise<LogReader> {
  const warn = (error: AppError): void =>
    ctx.emit({ type: 'message.noted', level: 'warning', message: `a tip of the log is left out: ${error.message}` })
  // tips, then snapshots, then the index: whatever moves meanwhile is seen in one of them
  const tips = await listTips(repository, place, warn, ctx)
  const snapshots = await createLogSnapshotFinder(repository, place).find(ctx)
  const index = snapshots.length === 0 ? undefined : await loadIndex(repository, ctx)
  const source = index && { repository, index, trees: createTreeSource(repository, index) }
  const content = source === undefined ? noLogContent : await readLogContent(source, snapshots, place, ctx)
  const note = newestNote(tips)
  return createReader({ repository, index, source, content, chains: chainTips(tips), note })
}

interface Parts {
  readonly repository: Repository
  readonly index: BlobIndex | undefined
  readonly source: LogTrees | undefined
  readonly content: LogContent
  readonly chains: readonly TipChain[]
  readonly note: LogReader['note']
}

function createReader({ repository, index, source, content, chains, note }: Parts): LogReader {
  const known = new Map<string, LogFolder>([['', content.root]])
  const chainOf = new Map(chains.map((chain) => [logFileKey(chain), chain]))

  async function folder(name: string, ctx: Context): Promise<LogFolder> {
    const read = known.get(name)
    if (read !== undefined) return read
    const ids = treeIdsOf(content, name)
    const found = source === undefined ? noLogContent.root : await readLogFolder(source, ids, ctx)
    known.set(name, found)
    return found
  }

  async function files(name: string, ctx: Context): Promise<readonly LogFileInfo[]> {
    const { nodes, facts } = await folder(name, ctx)
    const found = new Map<string, LogFileInfo>()
    for (const [file, { size }] of nodes) {
      const about = facts.get(file) ?? {}
      found.set(file, { folder: name, name: file, sizeBytes: size, facts: about, heldIn: 'batch', growing: false })
    }
    for (const chain of chains) {
      const stored = nodes.get(chain.name)
      if (chain.folder !== name || (stored !== undefined && stored.size >= chain.sizeBytes)) continue
      const { sizeBytes, facts: about, ended } = chain
      found.set(chain.name, { folder: name, name: chain.name, sizeBytes, facts: about, heldIn: 'tip', growing: !ended })
    }
    return [...found.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
  }

  const folders = [...new Set(['', ...content.folders.keys(), ...chains.map((chain) => chain.folder)])].toSorted()
  return {
    isEmpty: content.snapshotIds.length === 0 && chains.length === 0,
    folders,
    note: note && { facts: note.facts, writtenAtMs: note.writtenAtMs },
    files,
    async allFiles(ctx) {
      const all: LogFileInfo[] = []
      for (const name of folders) all.push(...(await files(name, ctx)))
      return all
    },
    async read(file, ctx) {
      const node = (await folder(file.folder, ctx)).nodes.get(file.name)
      const chain = chainOf.get(logFileKey(file))
      if (chain !== undefined && chain.sizeBytes > (node?.size ?? -1)) return await readChain(repository, chain, ctx)
      return node === undefined || index === undefined ? undefined : await readNode(repository, index, node, ctx)
    },
    async trees(name, names, ctx) {
      return source === undefined ? [] : await shareTrees(source, treeIdsOf(content, name), names, ctx)
    },
  }
}

function treeIdsOf(content: LogContent, folder: string): string[] {
  return (content.folders.get(folder) ?? []).map(({ subtree }) => subtree).filter((id) => id !== undefined)
}

async function readNode(repository: Repository, index: BlobIndex, node: Node, ctx: Context): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of dumpFile(repository, index, node, ctx)) parts.push(part)
  const bytes = Buffer.concat(parts)
  if (bytes.length === node.size) return bytes
  const reason = `it has ${bytes.length} bytes, not ${node.size}`
  throw new AppError('REPOSITORY_DAMAGED', { object: `log file ${node.name.toString()}`, reason })
}

async function shareTrees(
  source: LogTrees,
  treeIds: readonly string[],
  names: readonly string[],
  ctx: Context,
): Promise<LogTreeShare[]> {
  const left = new Set(names)
  const shares: LogTreeShare[] = []
  for (const treeId of treeIds) {
    const present = (await source.trees.read(treeId, ctx)).map(({ name }) => name.toString())
    const own = present.filter((name) => left.delete(name))
    if (own.length > 0) shares.push({ treeId, names: own })
  }
  return shares
}

/** Whether reading must begin anew, because the writer has replaced what was to be read. */
export function isLogReplaced(error: unknown): boolean {
  return isAppError(error, 'STORAGE_FILE_MISSING')
}
