import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import { interrupted, throwIfInterrupted } from '@holdfast/storage/interruption'
import { loadIndex } from '../engine/load-index.ts'
import { startWorkerPool } from '../engine/worker-pool.ts'
import { byteText } from '../filter/byte-text.ts'
import type { Repository } from '../repository.ts'
import { type CheckedTarget, checkSpace, checkTarget, openTarget } from './check-target.ts'
import { createCounters, type RestoreCounts, sumCounters } from './restore-counters.ts'
import { createJournal, type RestoreJournal } from './restore-journal.ts'
import {
  controlSlots,
  type DirectoryTask,
  type RestoreJob,
  type RestoreNote,
  type RestoreResult,
  type RestoreSetup,
} from './restore-protocol.ts'
import type { RestoreReport, RestoreRequest } from './restore-request.ts'
import { RestoreSchedule } from './schedule.ts'

/** Sinks get progress at this interval. */
const progressIntervalMs = 100

/**
 * Restores a tree into a directory. Items that cannot be restored are reported (`item.failed`) and the rest goes on: a report
 * with errors is a partial restore. Nothing is written outside the target, and no temporary names are used: an
 * interrupted restore is continued by the same request, which reads only what is missing.
 * @throws AppError TARGET_UNUSABLE before anything is written, TARGET_FULL, INTERRUPTED, STORAGE_…, REPOSITORY_DAMAGED
 */
export async function restore(repository: Repository, request: RestoreRequest, ctx: Context): Promise<RestoreReport> {
  const started = ctx.now().getTime()
  throwIfInterrupted(ctx)
  const target = checkTarget(request)
  const index = await loadIndex(repository, ctx)
  const shared = { counters: createCounters(request.workers), control: new SharedArrayBuffer(8) }
  const control = new Int32Array(shared.control)
  const stop = (): void => void Atomics.store(control, controlSlots.stop, 1)
  const journal = createJournal(ctx)
  await using pool = startWorkerPool<RestoreSetup, RestoreJob, RestoreResult, RestoreNote>(
    {
      module: new URL('./restore-worker.ts', import.meta.url),
      count: request.workers,
      setup: {
        key: repository.key,
        index: index.share(),
        readableRoot: repository.backend.traits.readableRoot,
        rules: rulesOf(request),
        ...shared,
      },
      backends: [repository.backend],
      onNote: journal.take,
    },
    ctx,
  )
  const schedule = new RestoreSchedule(pool, { keepTasks: request.verify, tracksTouched: isFiltered(request), stop })
  ctx.signal.addEventListener('abort', stop)
  using progress = reportProgress(request, shared.counters, ctx)
  try {
    await runPhases(schedule, request, target, journal, progress)
  } catch (error) {
    throw ctx.signal.aborted && !isAppError(error, 'INTERRUPTED') ? interrupted(error) : error
  } finally {
    ctx.signal.removeEventListener('abort', stop)
  }
  const counts = sumCounters(shared.counters)
  noteRefusals(counts, ctx)
  const { errors, errorCount } = journal
  return { ...reportedCounts(counts), errorCount: errorCount(), errors, durationMs: ctx.now().getTime() - started }
}

async function runPhases(
  schedule: RestoreSchedule,
  request: RestoreRequest,
  target: CheckedTarget,
  journal: RestoreJournal,
  progress: ProgressReporter,
): Promise<void> {
  const root = { tree: request.tree, path: byteText(target.path), location: '/' }
  const total = request.expected ?? (await schedule.scan(root, false))
  progress.expect(total)
  if (total.bytes > target.freeBytes && !request.sparse && !request.dryRun) {
    // the figure may count what is there already, or hard links twice
    checkSpace(target, (await schedule.scan(root, true)).bytes)
  }
  await schedule.restore(rootTask(request, target))
  if (!request.verify || request.dryRun) return
  await schedule.verify(
    schedule.tasks.map(({ tree, path, location }) => ({ tree, path, location, except: journal.leftIn(path) })),
  )
}

function rootTask(request: RestoreRequest, target: CheckedTarget): DirectoryTask {
  const path = openTarget(target, request.dryRun)
  return {
    number: -1,
    parent: -1,
    tree: request.tree,
    path,
    location: '/',
    depth: 0,
    selected: !isFiltered(request),
    madeLength: path.length,
    // an empty directory may still hand an access control list down
    fresh: !target.exists,
    inheritsAcl: false,
  }
}

function isFiltered({ include = [], exclude = [] }: RestoreRequest): boolean {
  return [...include, ...exclude].some(({ lines }) => lines.length > 0)
}

function rulesOf(request: RestoreRequest): RestoreSetup['rules'] {
  const { include = [], exclude = [], overwrite, dryRun, sparse, verbose } = request
  const privileged = process.geteuid?.() === 0
  return { include, exclude, overwrite, dryRun, sparse, verbose, privileged, delete: request.delete }
}

interface ProgressReporter extends Disposable {
  expect(total: { readonly files: number; readonly bytes: number }): void
}

function reportProgress(request: RestoreRequest, counters: SharedArrayBuffer, ctx: Context): ProgressReporter {
  let total = request.expected ?? { files: 0, bytes: 0 }
  const emit = (): void => {
    const counts = sumCounters(counters)
    const { filesSkipped, filesDeleted, bytesSkipped } = counts
    const done = { filesDone: counts.filesRestored, bytesDone: counts.bytesRestored }
    const totals = { totalFiles: total.files, totalBytes: total.bytes }
    ctx.emit({ type: 'restore.progressed', ...done, filesSkipped, filesDeleted, bytesSkipped, ...totals })
  }
  const timer = setInterval(emit, progressIntervalMs)
  return {
    expect(counted) {
      total = counted
    },
    [Symbol.dispose]() {
      clearInterval(timer)
      emit()
    },
  }
}

function reportedCounts(counts: RestoreCounts): Omit<RestoreReport, 'errors' | 'errorCount' | 'durationMs'> {
  const { ownersRefused: _owners, attributesRefused: _attributes, ...reported } = counts
  return reported
}

function noteRefusals({ ownersRefused, attributesRefused }: RestoreCounts, ctx: Context): void {
  const warn = (message: string): void => ctx.emit({ type: 'message.noted', level: 'warning', message })
  if (ownersRefused > 0)
    warn(`${ownersRefused} items keep the user who restored them as owner: only root may give files away`)
  if (attributesRefused > 0) warn(`${attributesRefused} extended attributes could not be set on this file system`)
}
