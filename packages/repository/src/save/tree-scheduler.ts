import { closeSync } from 'node:fs'
import type { WorkerPool } from '../engine/worker-pool.ts'
import type {
  DirectoryTask,
  FinishTask,
  LargeFileFound,
  LargeFileNode,
  SaveJob,
  SaveOutcome,
  SaveResult,
  TreeOrPiece,
} from './save-jobs.ts'
import { expectedPart, partsOf, type StoredPart, wholeContent } from './file-parts.ts'
import { contentText, sizeText } from './node-text.ts'

const jobsPerWorker = 2
const directoriesPerJob = 16
/** Large files that are open at once. */
const openFilesAtMost = 8

interface OpenDirectory {
  readonly parent: number
  readonly slot: number
  /** the worker that holds the rest of its nodes */
  worker: number
  waiting: number
  trees: (TreeOrPiece | null)[]
  files: (string | null)[]
}

interface LargeFile {
  readonly descriptor: number
  readonly sizeBytes: number
  readonly node: LargeFileNode
  readonly directory: number
  readonly slot: number
  position: number
  scanning: boolean
  /** filled in any order */
  readonly parts: StoredPart[]
  waiting: number
}

type PendingLargeFile = { readonly found: LargeFileFound; readonly directory: number; readonly slot: number }
type ChunkPart = {
  readonly file: LargeFile
  readonly part: number
  readonly start: number
  readonly cuts: readonly number[]
}

export interface TreeSchedulerOptions {
  readonly pool: WorkerPool<SaveJob, SaveResult>
  /** called with every answer, for counting */
  readonly onResult: (result: SaveResult) => void
  /** a large file is complete: its bytes, and whether the parent snapshot has one of its name */
  readonly onLargeFile: (found: LargeFileFound, sizeBytes: number) => void
  /** false: hand out nothing for now (packs pile up) */
  readonly mayProceed: () => boolean
}

/**
 * Hands directories and parts of large files to workers and joins the results from the leaves up. Directories are taken
 * newest first, so that finished subtrees close early and few are open at once.
 */
export class TreeScheduler {
  readonly #o: TreeSchedulerOptions
  readonly #directories = new Map<number, OpenDirectory>()
  readonly #unread: DirectoryTask[] = []
  readonly #finishable: FinishTask[][]
  readonly #unopened: PendingLargeFile[] = []
  readonly #scannable: LargeFile[] = []
  readonly #unstored: ChunkPart[] = []
  readonly #openFiles = new Set<LargeFile>()
  readonly #found = new Map<LargeFile, LargeFileFound>()
  #opening = 0
  #ids = 0
  #settle: { resolve: (tree: string | undefined) => void; reject: (error: unknown) => void } | undefined
  #failed = false

  constructor(options: TreeSchedulerOptions) {
    this.#o = options
    this.#finishable = Array.from({ length: options.pool.size }, () => [])
  }

  /** Reads everything below `root`; returns the id of its tree, undefined when it cannot be read. */
  run(root: Omit<DirectoryTask, 'id'>): Promise<string | undefined> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
      this.#addDirectory(root, 0, 0)
      this.proceed()
    })
  }

  /** Fills every worker's queue evenly. Called by itself after each answer. */
  proceed(): void {
    if (this.#failed) return
    for (let load = 0; load < jobsPerWorker; load++) {
      for (let worker = 0; worker < this.#o.pool.size; worker++) {
        while (this.#o.pool.load(worker) <= load && this.#give(worker)) {}
      }
    }
  }

  /** Files that are still open after a failure. */
  closeFiles(): void {
    this.#failed = true
    for (const file of this.#openFiles) closeSync(file.descriptor)
    this.#openFiles.clear()
  }

  #give(worker: number): boolean {
    const finished = this.#finishable[worker]
    if (finished !== undefined && finished.length > 0) {
      this.#finishable[worker] = []
      this.#send(worker, { type: 'finish', directories: finished })
      return true
    }
    if (!this.#o.mayProceed()) return false
    const fewParts = this.#unstored.length < this.#o.pool.size * 3
    return (
      (fewParts && (this.#scan(worker) || this.#open(worker))) ||
      this.#storePart(worker) ||
      this.#readDirectories(worker)
    )
  }

  #open(worker: number): boolean {
    if (this.#openFiles.size + this.#opening >= openFilesAtMost) return false
    const pending = this.#unopened.shift()
    if (pending === undefined) return false
    this.#opening++
    this.#send(worker, { type: 'open', file: pending.found }, (outcome) => {
      this.#opening--
      if (outcome.type === 'open') this.#opened(pending, outcome.opened)
    })
    return true
  }

  #opened(
    { found, directory, slot }: PendingLargeFile,
    opened: (LargeFileNode & { descriptor: number; sizeBytes: number }) | undefined,
  ): void {
    if (opened === undefined) return this.#fileDone(directory, slot, null)
    const { descriptor, sizeBytes } = opened
    const file: LargeFile = {
      descriptor,
      sizeBytes,
      node: opened,
      directory,
      slot,
      position: 0,
      scanning: false,
      parts: [],
      waiting: 0,
    }
    this.#found.set(file, found)
    this.#openFiles.add(file)
    if (sizeBytes === 0) this.#closeFile(file)
    else this.#scannable.push(file)
  }

  #scan(worker: number): boolean {
    const file = this.#scannable.shift()
    if (file === undefined) return false
    const { descriptor, position: start, sizeBytes } = file
    this.#send(worker, { type: 'scan', descriptor, start, sizeBytes }, (outcome) => {
      if (outcome.type !== 'scan') return
      this.#addParts(file, outcome.cuts)
      if (file.position < file.sizeBytes) this.#scannable.push(file)
    })
    return true
  }

  #addParts(file: LargeFile, cuts: readonly number[]): void {
    for (const part of partsOf(file.position, cuts)) {
      this.#unstored.push({ file, part: file.parts.length, ...part })
      file.parts.push(expectedPart(part))
      file.waiting++
    }
    file.position = cuts.at(-1) ?? file.sizeBytes
  }

  #storePart(worker: number): boolean {
    const next = this.#unstored.shift()
    if (next === undefined) return false
    const { file, part, start, cuts } = next
    this.#send(worker, { type: 'chunks', descriptor: file.descriptor, start, cuts }, (outcome) => {
      if (outcome.type !== 'chunks') return
      const stored = file.parts[part]
      if (stored !== undefined) {
        stored.ids = outcome.ids
        stored.bytes = outcome.bytes
      }
      file.waiting--
      if (file.waiting === 0 && file.position >= file.sizeBytes) this.#closeFile(file)
    })
    return true
  }

  #closeFile(file: LargeFile): void {
    this.#openFiles.delete(file)
    closeSync(file.descriptor)
    const found = this.#found.get(file)
    this.#found.delete(file)
    const { ids, bytes } = wholeContent(file.parts)
    if (found !== undefined) this.#o.onLargeFile(found, bytes)
    const { beforeSize, afterSize } = file.node
    this.#fileDone(file.directory, file.slot, `${beforeSize}${sizeText(bytes)}${afterSize}${contentText(ids)}}`)
  }

  #fileDone(directory: number, slot: number, node: string | null): void {
    const open = this.#directories.get(directory)
    if (open === undefined) return
    open.files[slot] = node
    this.#partDone(directory, open)
  }

  #readDirectories(worker: number): boolean {
    if (this.#unread.length === 0) return false
    const count = Math.max(1, Math.min(directoriesPerJob, Math.ceil(this.#unread.length / (this.#o.pool.size * 2))))
    // a batch of a large directory is a job of its own
    const lastBatch = this.#unread.slice(-count).findLastIndex(({ batch }) => batch !== undefined)
    const directories = this.#unread.splice(lastBatch === count - 1 ? -1 : lastBatch + 1 - count)
    for (const { id } of directories) {
      const directory = this.#directories.get(id)
      if (directory !== undefined) directory.worker = worker
    }
    this.#send(worker, { type: 'directories', directories }, (outcome) => {
      if (outcome.type !== 'directories') return
      for (const directory of outcome.directories) {
        if ('tree' in directory) this.#treeDone(directory.id, directory.tree)
        else if ('unreadable' in directory) this.#treeDone(directory.id, null)
        else this.#openDirectory(directory)
      }
    })
    return true
  }

  #openDirectory(found: {
    readonly id: number
    readonly subdirectories: readonly Omit<DirectoryTask, 'id'>[]
    readonly largeFiles: readonly LargeFileFound[]
  }): void {
    const directory = this.#directories.get(found.id)
    if (directory === undefined) return
    directory.waiting = found.subdirectories.length + found.largeFiles.length
    directory.trees = found.subdirectories.map(() => null)
    directory.files = found.largeFiles.map(() => null)
    for (const [slot, task] of found.subdirectories.entries()) this.#addDirectory(task, found.id, slot)
    for (const [slot, file] of found.largeFiles.entries())
      this.#unopened.push({ found: file, directory: found.id, slot })
  }

  #addDirectory(task: Omit<DirectoryTask, 'id'>, parent: number, slot: number): void {
    const id = ++this.#ids
    this.#directories.set(id, { parent, slot, worker: -1, waiting: 0, trees: [], files: [] })
    this.#unread.push({ ...task, id })
  }

  #treeDone(id: number, tree: TreeOrPiece | null): void {
    const directory = this.#directories.get(id)
    this.#directories.delete(id)
    if (directory === undefined) return
    if (directory.parent === 0) return this.#settle?.resolve(typeof tree === 'string' ? tree : undefined)
    const parent = this.#directories.get(directory.parent)
    if (parent === undefined) return
    parent.trees[directory.slot] = tree
    this.#partDone(directory.parent, parent)
  }

  #partDone(id: number, directory: OpenDirectory): void {
    directory.waiting--
    if (directory.waiting > 0) return
    this.#finishable[directory.worker]?.push({ id, trees: directory.trees, files: directory.files })
  }

  #send(worker: number, job: SaveJob, apply: (outcome: SaveOutcome) => void = () => {}): void {
    this.#o.pool.run(worker, job, piecesOf(job)).then(
      (result) => {
        this.#o.onResult(result)
        const { outcome } = result
        if (outcome.type === 'finish') for (const { id, tree } of outcome.trees) this.#treeDone(id, tree)
        apply(outcome)
        this.proceed()
      },
      (error: unknown) => {
        this.#failed = true
        this.#settle?.reject(error)
      },
    )
  }
}

/** What a job hands over: the nodes of a large directory's batches. */
function piecesOf(job: SaveJob): ArrayBuffer[] {
  const trees = job.type === 'finish' ? job.directories.flatMap((directory) => directory.trees) : []
  return trees.flatMap((tree) => (typeof tree === 'object' && tree !== null ? [tree.buffer] : []))
}
