import type { Node } from '../format/node.ts'
import { type DirectoryPlace, openPlace } from './directory-place.ts'
import type { FileContent } from './file-content.ts'
import { finishDirectory, finishSpecials, type OpenDirectory } from './finish-directory.ts'
import { restoreLink } from './restore-link.ts'
import { type PendingFile, PendingFiles } from './pending-file.ts'
import { openDirectoryTree, partOfNodes } from './read-nodes.ts'
import { restoreDirectory } from './restore-directory.ts'
import { type FileOutcomes, restoreFiles, setMetadataOfExisting } from './restore-files.ts'
import {
  type ContentRange,
  type DirectoryPart,
  type DirectoryTask,
  emptyResult,
  type HardLinkFound,
  type LargeFileFound,
  type RestoreJob,
  type RestoreResult,
  type ScanTask,
} from './restore-protocol.ts'
import { restoreRange, splitContent } from './restore-range.ts'
import type { RestoreThread } from './restore-thread.ts'
import { type ScanFindings, scanTask } from './scan-tree.ts'
import { verifyDirectory, verifyRange } from './verify-directory.ts'

/** Files of huge directories are restored in portions of this many, so that their nodes need not all be kept. */
const filesAtOnce = 4096

/** A directory of which this worker restores parts; its owner is another, or this one under another entry. */
interface OpenPart {
  readonly place: DirectoryPlace
  readonly specials: Node[]
}

/** What a worker remembers between jobs. */
interface WorkerState {
  readonly thread: RestoreThread
  readonly files: PendingFiles
  /** directories to be finished, by depth */
  readonly open: Map<number, OpenDirectory[]>
  /** by number of the directory */
  readonly parts: Map<number, OpenPart>
}

/** Runs the scheduler's jobs one after another in a worker. */
export function createJobRunner(thread: RestoreThread): (job: RestoreJob) => RestoreResult {
  const state: WorkerState = { thread, files: new PendingFiles(), open: new Map(), parts: new Map() }
  return (job) => {
    thread.pause()
    const result = runJob(state, job)
    thread.flush()
    return result
  }
}

function runJob(state: WorkerState, job: RestoreJob): RestoreResult {
  const { thread } = state
  switch (job.type) {
    case 'scan':
      return scan(thread, job.tasks, job.statTargets)
    case 'directories':
      return restoreDirectories(state, job.tasks)
    case 'directory-part':
      return restorePart(state, job.part)
    case 'range':
      return { ...emptyResult, ...restoreRange(thread, job.range) }
    case 'finish-file':
      return finishLargeFile(state, job)
    case 'linked-files': {
      const found = new Found()
      restoreFiles(
        thread,
        job.files.map((file) => state.files.get(file)),
        found.outcomes(state),
      )
      return found.result()
    }
    case 'links':
      for (const { file, source } of job.links) restoreLink(thread, state.files.take(file), source)
      return emptyResult
    case 'finish-parts':
      finishParts(state, job.depth)
      return emptyResult
    case 'finish-directories':
      finishDirectories(state, job.depth, new Set(job.touched))
      return emptyResult
    case 'verify':
      return { ...emptyResult, verifyRanges: job.tasks.flatMap((task) => verifyDirectory(thread, task)) }
    case 'verify-range':
      verifyRange(thread, job.range)
      return emptyResult
  }
}

/** Collects what a job found, for the scheduler. */
class Found {
  readonly directories: DirectoryTask[] = []
  readonly parts: DirectoryPart[] = []
  readonly hardLinks: HardLinkFound[] = []
  readonly largeFiles: LargeFileFound[] = []
  readonly touched: number[] = []
  readonly linkSources: { file: number; path: string }[] = []

  outcomes({ thread, files }: WorkerState): FileOutcomes {
    return {
      complete: (file) => {
        if (isLinked(file)) this.linkSources.push({ file: files.numberOf(file), path: file.path })
      },
      left: () => {},
      large: (file, content, existing) => {
        const number = isLinked(file) ? files.numberOf(file) : files.add(file)
        this.largeFiles.push({ file: number, ranges: rangesOf(thread, number, file, content, existing) })
      },
    }
  }

  result(): RestoreResult {
    const { directories, parts, hardLinks, largeFiles, touched, linkSources } = this
    return { ...emptyResult, directories, parts, hardLinks, largeFiles, touched, linkSources }
  }
}

function rangesOf(
  thread: RestoreThread,
  number: number,
  file: PendingFile,
  content: FileContent,
  existing: boolean,
): ContentRange[] {
  return splitContent(number, file.path, content, { existing, sparse: thread.rules.sparse && !existing })
}

function isLinked({ node }: PendingFile): boolean {
  return node.links > 1
}

function restoreDirectories(state: WorkerState, tasks: readonly DirectoryTask[]): RestoreResult {
  const { thread } = state
  const found = new Found()
  const files = new FileBatch(state, found)
  for (const task of tasks) {
    thread.pause()
    const directory = openDirectory(state, task)
    if (directory === undefined) continue
    try {
      const opened = openDirectoryTree(thread, task)
      if ('parts' in opened) found.parts.push(...opened.parts)
      else restoreNodes(state, directory, opened.nodes, found, files)
    } catch (error) {
      thread.fail(task.path, error)
    }
    if (directory.place.touched && !thread.selection.isEverything) found.touched.push(task.number)
  }
  files.restore()
  return found.result()
}

function restorePart(state: WorkerState, part: DirectoryPart): RestoreResult {
  const { thread, parts } = state
  const { task } = part
  const found = new Found()
  const files = new FileBatch(state, found)
  try {
    const open = parts.get(task.number) ?? { place: openPlace(task), specials: [] }
    parts.set(task.number, open)
    restoreNodes(state, open, partOfNodes(part), found, files)
    if (open.place.touched && !thread.selection.isEverything) found.touched.push(task.number)
  } catch (error) {
    thread.fail(task.path, error)
  }
  files.restore()
  return found.result()
}

function restoreNodes(
  { thread, files: pending }: WorkerState,
  { place, specials }: OpenPart,
  nodes: Iterable<Node>,
  found: Found,
  files: FileBatch,
): void {
  restoreDirectory(thread, place, nodes, {
    directory: (child) => found.directories.push(child),
    special: (node) => specials.push(node),
    file(file) {
      if (!isLinked(file)) return files.add(file)
      const group = `${file.node.inode}:${file.node.deviceId}`
      found.hardLinks.push({ group, file: pending.add(file) })
    },
  })
}

/** Files that are restored together, so that their content is read pack by pack. */
class FileBatch {
  readonly #thread: RestoreThread
  readonly #outcomes: FileOutcomes
  #files: PendingFile[] = []

  constructor(state: WorkerState, found: Found) {
    this.#thread = state.thread
    this.#outcomes = found.outcomes(state)
  }

  add(file: PendingFile): void {
    if (this.#files.push(file) >= filesAtOnce) this.restore()
  }

  restore(): void {
    restoreFiles(this.#thread, this.#files.splice(0), this.#outcomes)
  }
}

/** The links and special files of parts; the directories themselves are their owners' to finish. */
function finishParts({ thread, parts }: WorkerState, depth: number): void {
  for (const [number, { place, specials }] of parts) {
    if (place.task.depth !== depth) continue
    parts.delete(number)
    finishSpecials(thread, place, specials)
  }
}

function openDirectory(
  state: WorkerState,
  task: DirectoryTask,
): { place: DirectoryPlace; specials: OpenDirectory['specials'][number][] } | undefined {
  try {
    const directory = { place: openPlace(task), specials: [] }
    const atDepth = state.open.get(task.depth)
    if (atDepth === undefined) state.open.set(task.depth, [directory])
    else atDepth.push(directory)
    return directory
  } catch (error) {
    state.thread.fail(task.path, error)
    return undefined
  }
}

function finishDirectories(state: WorkerState, depth: number, touched: ReadonlySet<number>): void {
  const directories = state.open.get(depth) ?? []
  state.open.delete(depth)
  for (const directory of directories) {
    const { task } = directory.place
    if (task.selected || touched.has(task.number)) finishDirectory(state.thread, directory)
  }
}

function finishLargeFile(
  { thread, files }: WorkerState,
  job: { readonly file: number; readonly failed: boolean; readonly written: number },
): RestoreResult {
  const file = files.get(job.file)
  if (!isLinked(file)) files.take(job.file)
  if (job.failed) return emptyResult
  try {
    setMetadataOfExisting(thread, file)
  } catch (error) {
    thread.fail(file.path, error)
    return emptyResult
  }
  const isUpdate = job.written > 0
  thread.counters.add(isUpdate ? 'filesRestored' : 'filesSkipped', 1)
  thread.tell(isUpdate ? (file.mayExist ? 'updated' : 'restored') : 'unchanged', file.path, file.node.size)
  return isLinked(file) ? { ...emptyResult, linkSources: [{ file: job.file, path: file.path }] } : emptyResult
}

function scan(thread: RestoreThread, tasks: readonly ScanTask[], statTargets: boolean): RestoreResult {
  const findings: ScanFindings = { tasks: [], files: 0, bytes: 0 }
  for (const task of tasks) {
    thread.pause()
    scanTask(thread, task, statTargets, findings)
  }
  const { tasks: scans, files: scannedFiles, bytes: scannedBytes } = findings
  return { ...emptyResult, scans, scannedFiles, scannedBytes }
}
