import { lstatSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import type { DirectoryEntry, FileEntry, SymlinkEntry } from '@holdfast/core/entry'
import { encodeNode } from '../format/node-json.ts'
import { damagedBlob } from '../tree/read-blob.ts'
import type { EntryContents } from './entry-contents.ts'
import { directoryHead, fileNode, identityOwner, localStats, statsOf, symlinkNode } from './entry-node.ts'
import { splitEntryPath } from './entry-path.ts'
import type { EntryTree } from './entry-tree.ts'
import type { JobQueue } from './job-queue.ts'
import { unlessVanished } from './local-file.ts'
import type { OwnerText } from './node-text.ts'
import { createOwnerText } from './owner-text.ts'
import type { ParentDirectories } from './parent-directories.ts'
import type { ParentNode } from './parent-tree.ts'
import type { FileStats } from './save-jobs.ts'
import type { SaveRequest, SourceEntry, StoredEntry } from './save-request.ts'
import type { SaveSession } from './save-session.ts'
import type { StoredContent } from './stream-content.ts'

/** After so many files that need not be read, others get their turn. */
const filesPerTurn = 64

export interface EntrySaverOptions {
  readonly session: SaveSession
  readonly request: SaveRequest
  readonly queue: JobQueue
  readonly contents: EntryContents
  readonly parents: ParentDirectories
  readonly tree: EntryTree
  readonly onFile: (action: 'new' | 'unchanged' | 'modified', path: string, sizeBytes: number) => void
  readonly onBytes: (sizeBytes: number) => void
}

/** Takes the entries of a source one after another, and has what is in them stored. */
export class EntrySaver {
  readonly #o: EntrySaverOptions
  readonly #identity: OwnerText
  readonly #localOwners = createOwnerText()
  #unread = 0

  constructor(options: EntrySaverOptions) {
    this.#o = options
    this.#identity = identityOwner(options.request.identity)
  }

  /** Resolves when the source may go on. */
  async add(entry: SourceEntry): Promise<void> {
    switch (entry.kind) {
      case 'settle':
        return await this.settle()
      case 'directory':
        return this.#addDirectory(entry)
      case 'symlink':
        return this.#addSymlink(entry)
      case 'stored':
        return this.#addStored(entry)
      case 'file':
        return await this.#addFile(entry)
    }
  }

  /** Waits until everything that came before is stored. */
  async settle(): Promise<void> {
    await this.#o.contents.flush()
    await this.#o.queue.settle()
  }

  #addDirectory(entry: DirectoryEntry): void {
    const stats = statsOf('dir', entry, this.#o.request.identity)
    const { name } = splitEntryPath(entry.path)
    this.#o.tree.nameDirectory(entry.path, directoryHead(name, stats, this.#identity), stats.mtimeNs)
  }

  #addSymlink(entry: SymlinkEntry): void {
    const { tree, request } = this.#o
    const stats = statsOf('symlink', entry, request.identity)
    tree.reserve(entry.path)
    const { name } = splitEntryPath(entry.path)
    tree.fill(entry.path, symlinkNode(name, stats, entry.linkTarget, this.#identity), stats.mtimeNs)
  }

  #addStored({ path, node }: StoredEntry): void {
    const { tree, session, onFile, onBytes } = this.#o
    const needed = [...(node.content ?? []), ...(node.subtree === undefined ? [] : [node.subtree])]
    const missing = needed.find((id) => !this.#isStored(id))
    if (missing !== undefined) throw damagedBlob(missing, `${path} needs it, and it is not in the index`)
    tree.reserve(path)
    tree.fill(path, encodeNode({ ...node, name: Buffer.from(splitEntryPath(path).name) }), node.mtimeNs)
    if (node.type === 'dir') session.counts.dirsUnmodified++
    if (node.type !== 'file') return
    onBytes(node.size)
    onFile('unchanged', path, node.size)
  }

  async #addFile(entry: FileEntry): Promise<void> {
    const { tree, parents, contents, request } = this.#o
    tree.reserve(entry.path)
    const known = await parents.find(entry.path)
    if (entry.content.type === 'local') return await this.#addLocal(entry, entry.content.path, known)
    const stats = statsOf('file', entry, request.identity)
    const stored = (content: StoredContent): void => this.#fileDone(entry, stats, this.#identity, content, known)
    const { content, isPaged = false } = entry
    if (content.type === 'bytes') await contents.bytes(content.bytes, isPaged, stored)
    else if (content.type === 'parts') contents.parts(content.parts, stored)
    else await contents.stream(content.chunks, isPaged, stored)
  }

  async #addLocal(entry: FileEntry, localPath: string, known: ParentNode | undefined): Promise<void> {
    const { tree, parents, contents, request, onBytes } = this.#o
    const stats = unlessVanished(localPath, () => lstatSync(localPath, { bigint: true }))
    if (stats === null) return tree.remove(entry.path)
    const sizeBytes = Number(stats.size)
    const done = (read: FileStats, content: StoredContent): void =>
      this.#fileDone(entry, localStats(entry, read), this.#localOwners, content, known)
    const isKnown = known?.content && stats.isFile() && parents.isUnchanged(known, stats, request)
    if (isKnown && known.content.every((id) => this.#isStored(id))) {
      onBytes(sizeBytes)
      done(stats, { ids: known.content, sizeBytes })
      if (++this.#unread % filesPerTurn === 0) await setImmediate()
      return
    }
    const { path, isPaged = false } = entry
    await contents.local({ localPath, path, isPaged }, sizeBytes, (content) => {
      if (content === null) tree.remove(entry.path)
      else done(content.stats, content)
    })
  }

  #isStored(id: string): boolean {
    return this.#o.session.indexes.every((index) => index.has(id))
  }

  #fileDone(
    { path }: FileEntry,
    stats: FileStats,
    owners: OwnerText,
    content: StoredContent,
    known: ParentNode | undefined,
  ): void {
    this.#o.tree.fill(path, fileNode(splitEntryPath(path).name, stats, content, owners), stats.mtimeNs)
    const action = known === undefined ? 'new' : isSameContent(known, content.ids) ? 'unchanged' : 'modified'
    this.#o.onFile(action, path, content.sizeBytes)
  }
}

function isSameContent({ content }: ParentNode, ids: readonly string[]): boolean {
  return content?.length === ids.length && content.every((id, i) => id === ids[i])
}
