import type { WorkerPool } from '../engine/worker-pool.ts'
import { drainJobs } from './drain-jobs.ts'
import { HardLinkGroups } from './hard-link-groups.ts'
import { type LargeFile, LargeRanges } from './large-ranges.ts'
import type {
  ContentRange,
  DirectoryPart,
  DirectoryTask,
  LargeFileFound,
  RestoreJob,
  RestoreResult,
  ScanTask,
  VerifyTask,
} from './restore-protocol.ts'

/** Directories in one job: few while there are few, so that all workers soon have some. */
const directoriesAtMost = 16
const linksAtMost = 256

type Pool = WorkerPool<RestoreJob, RestoreResult>

/** Decides who does what when. All work on files and packs happens in the workers. */
export class RestoreSchedule {
  readonly #pool: Pool
  readonly #stop: () => void
  readonly #keepTasks: boolean
  readonly #tracksTouched: boolean
  readonly #links = new HardLinkGroups()
  readonly #directories: DirectoryTask[] = []
  readonly #parts: DirectoryPart[] = []
  /** depths at which there are directories in parts */
  readonly #divided = new Set<number>()
  readonly #ranges: LargeRanges
  readonly #running = new Map<RestoreJob, LargeFile>()
  readonly #finishing = new Map<number, RestoreJob[]>()
  /** by number of the directory */
  readonly #parents: number[] = []
  readonly #depths: number[] = []
  readonly #touched = new Set<number>()
  #count = 0
  #deepest = 0
  /** every directory that was restored, when they are to be verified */
  readonly tasks: DirectoryTask[] = []

  /** `tracksTouched`: not everything is selected, so directories are finished only where something was restored. */
  constructor(pool: Pool, options: { keepTasks: boolean; tracksTouched: boolean; stop: () => void }) {
    this.#pool = pool
    this.#ranges = new LargeRanges(pool.size)
    this.#stop = options.stop
    this.#keepTasks = options.keepTasks
    this.#tracksTouched = options.tracksTouched
  }

  async restore(root: DirectoryTask): Promise<void> {
    this.#addDirectory(root)
    do {
      await this.#drain(
        (worker) => this.#nextJob(worker),
        (job, result, worker) => this.#take(job, result, worker),
      )
    } while (this.#links.retry())
    const links = this.#links.linkJobs(linksAtMost)
    await this.#drain((worker) => links.get(worker)?.pop())
    for (let depth = this.#deepest; depth >= 0; depth--) await this.#finishDepth(depth)
  }

  #drain(
    next: (worker: number) => RestoreJob | undefined,
    done: (job: RestoreJob, result: RestoreResult, worker: number) => void = () => {},
  ): Promise<void> {
    return drainJobs(this.#pool, { next, done, stop: this.#stop })
  }

  #nextJob(worker: number): RestoreJob | undefined {
    const finishing = this.#finishing.get(worker)?.pop()
    if (finishing !== undefined) return finishing
    const next = this.#ranges.next()
    if (next !== undefined) {
      const job: RestoreJob = { type: 'range', range: next.range }
      this.#running.set(job, next.large)
      return job
    }
    const files = this.#links.takeFirsts(worker, linksAtMost)
    if (files.length > 0) return { type: 'linked-files', files }
    const part = this.#parts.pop()
    if (part !== undefined) return { type: 'directory-part', part }
    if (this.#directories.length === 0) return undefined
    const share = Math.ceil(this.#directories.length / (this.#pool.size * 2))
    // the newest first: so a directory's parts are restored close together, and few wait
    return { type: 'directories', tasks: this.#directories.splice(-Math.min(directoriesAtMost, share)) }
  }

  #take(job: RestoreJob, result: RestoreResult, worker: number): void {
    for (const task of result.directories) this.#addDirectory(task)
    for (const part of result.parts) this.#addPart(part)
    for (const link of result.hardLinks) this.#links.add(link, worker)
    for (const { file, path } of result.linkSources) this.#links.restored(worker, file, path)
    for (const found of result.largeFiles) this.#addLargeFile(found, worker)
    for (const number of result.touched) this.#touch(number)
    const large = this.#running.get(job)
    if (large !== undefined) {
      this.#running.delete(job)
      this.#takeRange(large, result)
    }
  }

  #addDirectory(task: DirectoryTask): void {
    const number = this.#count++
    const numbered = { ...task, number }
    if (this.#tracksTouched) {
      this.#parents.push(task.parent)
      this.#depths.push(task.depth)
    }
    if (this.#keepTasks) this.tasks.push(numbered)
    this.#deepest = Math.max(this.#deepest, task.depth)
    this.#directories.push(numbered)
  }

  #addPart(part: DirectoryPart): void {
    this.#parts.push(part)
    this.#divided.add(part.task.depth)
  }

  #addLargeFile({ file, ranges }: LargeFileFound, worker: number): void {
    // taken from the end: front to back within the file
    this.#ranges.add({ worker, file, ranges: ranges.toReversed(), running: 0, written: 0, failed: false })
  }

  #takeRange(large: LargeFile, { written, failed }: RestoreResult): void {
    large.running--
    large.written += written
    large.failed ||= failed
    if (large.running > 0 || large.ranges.length > 0) return
    const { worker, file } = large
    const list = this.#finishing.get(worker) ?? []
    this.#finishing.set(worker, list)
    list.push({ type: 'finish-file', file, failed: large.failed, written: large.written })
  }

  /** A directory in which something was restored, and all above it, get their metadata. */
  #touch(number: number): void {
    for (let at = number; at >= 0 && !this.#touched.has(at); at = this.#parents[at] ?? -1) this.#touched.add(at)
  }

  async #finishDepth(depth: number): Promise<void> {
    if (this.#divided.has(depth)) await this.#everyWorker({ type: 'finish-parts', depth })
    const touched = [...this.#touched].filter((number) => this.#depths[number] === depth)
    await this.#everyWorker({ type: 'finish-directories', depth, touched })
  }

  async #everyWorker(job: RestoreJob): Promise<void> {
    const waiting = new Set(Array.from({ length: this.#pool.size }, (_, worker) => worker))
    await this.#drain((worker) => (waiting.delete(worker) ? job : undefined))
  }

  /** Files and bytes of a tree. */
  async scan(root: ScanTask, statTargets: boolean): Promise<{ files: number; bytes: number }> {
    const total = { files: 0, bytes: 0 }
    const stack = [root]
    await this.#drain(
      () => {
        const share = Math.ceil(stack.length / (this.#pool.size * 2))
        const tasks = stack.splice(-Math.min(directoriesAtMost * 4, share))
        return tasks.length === 0 ? undefined : { type: 'scan', tasks, statTargets }
      },
      (_job, { scans, scannedFiles, scannedBytes }) => {
        stack.push(...scans)
        total.files += scannedFiles
        total.bytes += scannedBytes
      },
    )
    return total
  }

  async verify(tasks: VerifyTask[]): Promise<void> {
    const ranges: ContentRange[] = []
    await this.#drain(
      () => {
        const range = ranges.pop()
        if (range !== undefined) return { type: 'verify-range', range }
        const batch = tasks.splice(-directoriesAtMost)
        return batch.length === 0 ? undefined : { type: 'verify', tasks: batch }
      },
      (_job, result) => void ranges.push(...result.verifyRanges),
    )
  }
}
