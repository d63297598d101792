import { lstatSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { FilterSpec } from '../filter/source-filter.ts'
import type { SaveSession } from './save-session.ts'
import type { SaveRequest } from './save-request.ts'
import { pathText } from './raw-path.ts'
import { emitProgress } from './emit-progress.ts'
import { scanSource } from './scan-source.ts'
import { type SourceRoot, sourceRoot } from './source-tree.ts'
import { TreeScheduler } from './tree-scheduler.ts'

export interface PathsSource {
  /** as given, without those that do not exist */
  readonly paths: readonly string[]
  readonly root: SourceRoot
  readonly absolutePaths: readonly string[]
  readonly missing: readonly string[]
  readonly filter: FilterSpec
}

/** Sorts out what exists. Throws SOURCE_MISSING when nothing does. */
export function inspectPaths(paths: readonly string[], workingDirectory: string, request: SaveRequest): PathsSource {
  const found: { path: string; absolute: string; device: bigint }[] = []
  const missing: string[] = []
  for (const path of paths) {
    const absolute = resolve(workingDirectory, path)
    const stats = lstatSync(absolute, { bigint: true, throwIfNoEntry: false })
    if (stats === undefined) missing.push(path)
    else found.push({ path, absolute, device: stats.dev })
  }
  if (found.length === 0) throw new AppError('SOURCE_MISSING', { paths: paths.join(', ') })
  const { oneFileSystem, ...filter } = request.filter
  const devices = found.map(({ absolute, device }) => ({ path: absolute, device }))
  return {
    paths: found.map(({ path }) => path),
    root: sourceRoot(
      found.map(({ path }) => path),
      workingDirectory,
    ),
    absolutePaths: found.map(({ absolute }) => absolute).toSorted(),
    missing,
    filter: oneFileSystem === undefined ? filter : { ...filter, oneFileSystem: devices },
  }
}

/** Backs up files and directories; returns the id of the root tree. */
export async function savePaths(
  session: SaveSession,
  source: PathsSource,
  request: SaveRequest,
  parentTree: string | undefined,
  ctx: Context,
): Promise<string> {
  for (const path of source.missing) {
    const message = 'it does not exist'
    session.errors.push({ path, message })
    ctx.emit({ type: 'item.failed', during: 'scan', item: path, error: message })
  }
  await using scan = request.scan ? scanSource({ root: source.root, filter: source.filter }) : undefined
  let waitingForRoom = false
  const scheduler = new TreeScheduler({
    pool: session.pool,
    onResult(result) {
      session.take(result)
      emitProgress(session, result.current === '' ? [] : [result.current], scan?.totals, ctx)
    },
    onLargeFile({ path, known }, sizeBytes) {
      session.counts.files++
      session.counts.bytes += sizeBytes
      if (known) session.counts.filesChanged++
      else session.counts.filesNew++
      if (!request.verbose) return
      ctx.emit({ type: 'item.processed', action: known ? 'modified' : 'new', item: pathText(path), sizeBytes })
    },
    mayProceed() {
      if (session.mayProceed()) return true
      if (!waitingForRoom) {
        waitingForRoom = true
        session.roomForPacks().then(() => {
          waitingForRoom = false
          scheduler.proceed()
        }, fail)
      }
      return false
    },
  })
  let fail: (error: unknown) => void = () => {}
  const failed = new Promise<never>((_resolve, reject) => {
    fail = reject
  })
  const interrupted = (): void => fail(new AppError('INTERRUPTED', {}))
  ctx.signal.addEventListener('abort', interrupted, { once: true })
  try {
    if (ctx.signal.aborted) interrupted()
    const tree = await Promise.race([scheduler.run({ ...source.root, parentTree }), failed])
    if (tree === undefined) throw new AppError('SOURCE_MISSING', { paths: source.paths.join(', ') })
    return tree
  } finally {
    ctx.signal.removeEventListener('abort', interrupted)
    scheduler.closeFiles()
  }
}
