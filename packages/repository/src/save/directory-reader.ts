import { type BigIntStats, lstatSync, readlinkSync } from 'node:fs'
import type { Arena } from '../engine/arena.ts'
import type { Region } from '../engine/pack-writer.ts'
import { quoteName } from '../format/node-name.ts'
import type { ExtendedAttribute, NodeType } from '../format/node.ts'
import type { SourceFilter } from '../filter/source-filter.ts'
import type { BlobStore } from './blob-store.ts'
import { batchNames, isLargeDirectory, splitDirectory } from './directory-batch.ts'
import { FileReplacedError, storeWholeFile, wholeFileBytes } from './file-reader.ts'
import { attributesText, contentText, deviceText, linksText, linkTargetText, nodeHead } from './node-text.ts'
import { type NodeTimes, nodeTimes, type OwnerText, sizeText } from './node-text.ts'
import {
  isUnchanged,
  knownAttributes,
  parentOfBatch,
  type ParentTree,
  type ReadParentTree,
  readParentTree,
  sameTime,
} from './parent-tree.ts'
import { joinPath, pathText, readNames, systemPath } from './raw-path.ts'
import type {
  ChosenChildren,
  DirectoryOutcome,
  DirectoryTask,
  LargeFileFound,
  RawPath,
  TreeOrPiece,
} from './save-jobs.ts'
import type { SaveTally } from './save-tally.ts'
import { nodesText, storeTree, storeTreeOfPieces, type TreePart } from './tree-text.ts'

export interface DirectoryReaderOptions {
  readonly arena: Arena
  readonly input: Region
  readonly store: BlobStore
  /** undefined: there is no parent snapshot */
  readonly readParent: ReadParentTree | undefined
  readonly filter: SourceFilter
  readonly owners: OwnerText
  readonly tally: SaveTally
  readonly readAttributes: (path: string | Buffer) => readonly ExtendedAttribute[]
  readonly withAtime: boolean
  readonly ignoreCtime: boolean
  readonly ignoreInode: boolean
}

/** Directories that were read and wait for their subdirectories and large files, by task id. */
export type OpenDirectories = Map<number, OpenDirectory>

export interface OpenDirectory {
  /** `split`: what is missing is the nodes of its batches */
  readonly kind: 'whole' | 'split' | 'batch'
  readonly parts: readonly TreePart[]
  readonly parentTree: string | undefined
}

type Entry = { readonly path: RawPath; readonly name: string; readonly stats: BigIntStats }

interface Found {
  readonly parts: TreePart[]
  readonly subdirectories: Omit<DirectoryTask, 'id'>[]
  readonly largeFiles: LargeFileFound[]
}

/** Reads one directory: stores its small files, and says which subdirectories and large files are left to do. */
export function readDirectory(o: DirectoryReaderOptions, open: OpenDirectories, task: DirectoryTask): DirectoryOutcome {
  const { id, batch, parentTree } = task
  const names = batch === undefined ? listNames(o, task) : batchNames(batch)
  if (names === undefined) return { id, unreadable: true }
  if (batch === undefined && isLargeDirectory(names.length)) {
    open.set(id, { kind: 'split', parts: [], parentTree })
    return { id, subdirectories: splitDirectory(task, names, o.readParent), largeFiles: [] }
  }
  const parent = batch === undefined ? readParentTree(o.readParent, parentTree) : parentOfBatch(batch.parent)
  const found: Found = { parts: [], subdirectories: [], largeFiles: [] }
  const device = o.filter.staysOnFileSystem ? deviceOf(task.path) : undefined
  for (const name of names) readEntry(o, task, parent, found, name, device)
  const { parts, subdirectories, largeFiles } = found
  const directory: OpenDirectory = { kind: batch === undefined ? 'whole' : 'batch', parts, parentTree }
  if (subdirectories.length === 0 && largeFiles.length === 0) {
    return { id, tree: finishDirectory(o, directory, [], []) }
  }
  open.set(id, directory)
  return { id, subdirectories, largeFiles }
}

/** Stores the tree of a directory whose missing parts are known now, and returns its id; of a batch, returns its nodes. */
export function finishDirectory(
  o: Pick<DirectoryReaderOptions, 'arena' | 'input' | 'store' | 'tally'>,
  { kind, parts, parentTree }: OpenDirectory,
  trees: readonly (TreeOrPiece | null)[],
  files: readonly (string | null)[],
): TreeOrPiece {
  const subtrees = trees.map((tree) => (typeof tree === 'string' ? tree : null))
  if (kind === 'batch') return new TextEncoder().encode(nodesText(parts, subtrees, files))
  const pieces = trees.filter((tree) => typeof tree === 'object' && tree !== null)
  const id =
    kind === 'split'
      ? storeTreeOfPieces(o.arena, o.input, o.store, pieces)
      : storeTree(o.arena, o.input, o.store, parts, subtrees, files)
  if (parentTree === undefined) o.tally.counts.dirsNew++
  else if (parentTree === id) o.tally.counts.dirsUnmodified++
  else o.tally.counts.dirsChanged++
  return id
}

function listNames(o: DirectoryReaderOptions, task: DirectoryTask): readonly (string | Buffer)[] | undefined {
  if (task.only !== undefined) {
    return Object.keys(task.only).toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  }
  try {
    const names = readNames(task.path)
    return o.filter.remainingNames(task.path, names) ?? names
  } catch (error) {
    // gone since its parent was read: as if it had never been there
    if (!isGone(error)) o.tally.failed(pathText(task.path), error)
    return undefined
  }
}

function readEntry(
  o: DirectoryReaderOptions,
  task: DirectoryTask,
  parent: ParentTree,
  found: Found,
  fileName: string | Buffer,
  device: bigint | undefined,
): void {
  const path = joinPath(task.path, fileName)
  const chosen = typeof fileName === 'string' ? task.only?.[fileName] : undefined
  // what merely leads to a source is not asked for itself; a source that a pattern excludes stays out, as with restic
  if ((chosen === undefined || chosen === 'all') && o.filter.excludesPath(path)) return
  try {
    const stats = lstatSync(systemPath(path), { bigint: true, throwIfNoEntry: false })
    if (stats === undefined) return missing(o, path, chosen)
    const isDirectory = stats.isDirectory()
    if (!isDirectory && o.filter.excludesSize(stats.size)) return
    if (device !== undefined && chosen === undefined) {
      if (o.filter.excludesPlace(path, { device: stats.dev, isDirectory, parentDevice: device })) return
    }
    const entry = { path, name: quoteName(fileName), stats }
    if (isDirectory) readSubdirectory(o, parent, found, entry, chosen === 'all' ? undefined : chosen)
    else if (stats.isFile()) readFile(o, parent, found, entry)
    else readOther(o, parent, found, entry)
  } catch (error) {
    if (isGone(error)) return missing(o, path, chosen)
    if (!isItemError(error)) throw error
    o.tally.failed(pathText(path), error)
  }
}

/** Something that vanished between listing and reading is no error, unless the user asked for it by name. */
function missing(o: DirectoryReaderOptions, path: RawPath, chosen: ChosenChildren | 'all' | undefined): void {
  if (chosen !== undefined) o.tally.failed(pathText(path), new Error('it does not exist'))
}

function readSubdirectory(
  o: DirectoryReaderOptions,
  parent: ParentTree,
  found: Found,
  { path, name, stats }: Entry,
  only: ChosenChildren | undefined,
): void {
  const times = nodeTimes(stats)
  const attributes = attributesText(attributesOf(o, parent, path, name, times))
  const head = nodeHead(name, 'dir', stats, times, o.owners, o.withAtime)
  found.parts.push({ kind: 'directory', text: `${head}${attributes},"content":null` })
  const known = parent.find(name)
  found.subdirectories.push({ path, only, parentTree: known?.type === 'dir' ? known.subtree : undefined })
}

function readFile(o: DirectoryReaderOptions, parent: ParentTree, found: Found, { path, name, stats }: Entry): void {
  const { tally } = o
  const known = parent.find(name)
  const times = nodeTimes(stats)
  if (known?.content && isUnchanged(known, stats, times, o) && o.store.hasAll(known.content)) {
    const attributes = attributesText(attributesOf(o, parent, path, name, times))
    found.parts.push(fileText(o, name, stats, Number(stats.size), attributes, known.content))
    tally.file('unchanged', pathText(path), Number(stats.size))
    return
  }
  if (stats.size > wholeFileBytes) {
    found.parts.push({ kind: 'large-file' })
    found.largeFiles.push({ path, name, known: known !== undefined })
    return
  }
  const content = storeWholeFile(o.arena, o.input, o.store, path)
  const attributes = attributesText(o.readAttributes(systemPath(path)))
  found.parts.push(fileText(o, name, content.stats, content.sizeBytes, attributes, content.ids))
  tally.file(known === undefined ? 'new' : 'modified', pathText(path), content.sizeBytes)
}

function fileText(
  o: DirectoryReaderOptions,
  name: string,
  stats: BigIntStats,
  size: number,
  attributes: string,
  ids: readonly string[],
): string {
  const head = nodeHead(name, 'file', stats, nodeTimes(stats), o.owners, o.withAtime)
  return `${head}${sizeText(size)}${linksText(stats.nlink)}${attributes}${contentText(ids)}}`
}

/** Symlinks, pipes and devices. Sockets exist only while a process listens, so they are left out, as restic does. */
function readOther(o: DirectoryReaderOptions, parent: ParentTree, found: Found, { path, name, stats }: Entry): void {
  const type = otherType(stats)
  if (type === undefined) return
  const times = nodeTimes(stats)
  let text = nodeHead(name, type, stats, times, o.owners, o.withAtime)
  if (type !== 'fifo') text += linksText(stats.nlink)
  if (type === 'symlink') text += linkTargetText(readlinkSync(systemPath(path), { encoding: 'buffer' }))
  text += attributesText(attributesOf(o, parent, path, name, times))
  if (type === 'dev' || type === 'chardev') text += deviceText(stats.rdev)
  found.parts.push(`${text},"content":null}`)
}

function otherType(stats: BigIntStats): NodeType | undefined {
  if (stats.isSymbolicLink()) return 'symlink'
  if (stats.isFIFO()) return 'fifo'
  if (stats.isBlockDevice()) return 'dev'
  if (stats.isCharacterDevice()) return 'chardev'
  return undefined
}

/** Setting an attribute changes ctime, so an unchanged one saves the system call. */
function attributesOf(
  o: DirectoryReaderOptions,
  parent: ParentTree,
  path: RawPath,
  name: string,
  times: NodeTimes,
): readonly ExtendedAttribute[] {
  const known = parent.find(name)
  if (known !== undefined && sameTime(known.ctime, times.ctime)) return knownAttributes(known)
  return o.readAttributes(systemPath(path))
}

function deviceOf(path: RawPath): bigint {
  return lstatSync(systemPath(path), { bigint: true }).dev
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

/** What concerns one file only: the operating system's errors. Everything else ends the backup. */
export function isItemError(error: unknown): boolean {
  return error instanceof FileReplacedError || (error instanceof Error && 'syscall' in error)
}
