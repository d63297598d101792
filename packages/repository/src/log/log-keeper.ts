import { type Context, withSignal } from '@holdfast/core/context'
import { loadIndex } from '../engine/load-index.ts'
import type { Node } from '../format/node.ts'
import type { Repository } from '../repository.ts'
import { acquireLock, type LockOptions } from '../lock/acquire-lock.ts'
import { createTreeSource } from '../tree/tree-source.ts'
import type { BatchFile, LogSettings } from './batch-file.ts'
import { type BatchStore, openBatchStore } from './batch-store.ts'
import {
  type LogContent,
  type LogFolder,
  type LogTrees,
  noLogContent,
  readLogContent,
  readLogFolder,
} from './log-content.ts'
import type { LogFileName } from './log-file.ts'
import type { LogPlace } from './log-place.ts'
import { createLogSnapshotFinder } from './log-snapshots.ts'
import { saveLogBatch } from './save-log-batch.ts'

export type LogLockOptions = Omit<LockOptions, 'exclusive' | 'retryForMs'>

/**
 * Knows what the snapshots of a log hold, and writes the next one. What it wrote itself it need not read again, so that a
 * batch costs no reading of the index unless another process has written too.
 */
export interface LogKeeper {
  /** Reads what is there now. */
  refresh(ctx: Context): Promise<LogContent>
  /** The files of a folder, as of the last refresh or batch. */
  folder(name: string, ctx: Context): Promise<LogFolder>
  /**
   * Adds files, drops others, and replaces the log's snapshots by one that holds the rest. Waits as long as others have
   * locked the repository; when it returns, all is durable.
   */
  batch(add: readonly BatchFile[], drop: readonly LogFileName[], ctx: Context): Promise<void>
  /** Takes the lock for several batches, one after the other. Waits as long as others have locked the repository. */
  hold(ctx: Context): Promise<HeldLog>
}

/** A log while its repository is locked. After a batch has failed, it is of no more use. */
export interface HeldLog extends AsyncDisposable {
  /** Stores a file that a later batch will add. What goes wrong is that batch's to tell; then this never returns. */
  prepare(file: BatchFile): Promise<void>
  /** As the keeper's, but with the signal of `hold`. */
  batch(add: readonly BatchFile[], drop: readonly LogFileName[]): Promise<void>
}

/** `lock` "held": the caller has locked the repository already, and gives it as its lock guards it. */
export function createLogKeeper(
  repository: Repository,
  place: LogPlace,
  settings: LogSettings,
  lock: LogLockOptions | 'held',
): LogKeeper {
  const finder = createLogSnapshotFinder(repository, place)
  const folders = new Map<string, LogFolder>()
  let content: LogContent = noLogContent
  let source: LogTrees | undefined

  /** The index and what was read with it are let go as soon as possible: they may be large. */
  async function openTrees(ctx: Context): Promise<LogTrees> {
    if (source !== undefined) return source
    const index = await loadIndex(repository, ctx)
    source = { repository, index, trees: createTreeSource(repository, index) }
    return source
  }

  async function refresh(ctx: Context): Promise<LogContent> {
    // snapshots before the index, so that all blobs of every listed one are found
    const found = await finder.find(ctx)
    const ids = found.map(({ id }) => id)
    if (ids.length === content.snapshotIds.length && ids.every((id, i) => id === content.snapshotIds[i])) return content
    source = undefined
    folders.clear()
    content = ids.length === 0 ? noLogContent : await readLogContent(await openTrees(ctx), found, place, ctx)
    return content
  }

  async function folder(name: string, ctx: Context): Promise<LogFolder> {
    if (name === '') return content.root
    const known = folders.get(name)
    if (known !== undefined) return known
    const trees = treesOf(content.folders.get(name))
    const read = trees.length === 0 ? emptyFolder : await readLogFolder(await openTrees(ctx), trees, ctx)
    folders.set(name, read)
    return read
  }

  return {
    refresh,
    folder,
    hold,
    async batch(add, drop, ctx) {
      await using held = await hold(ctx)
      await held.batch(add, drop)
    },
  }

  async function hold(ctx: Context): Promise<HeldLog> {
    const forever = { exclusive: false, retryForMs: Number.POSITIVE_INFINITY }
    const held = lock === 'held' ? undefined : await acquireLock(repository, { ...lock, ...forever }, ctx)
    // a lock that is lost stops the work; what was written so far does no harm
    const signal = held === undefined ? ctx.signal : AbortSignal.any([ctx.signal, held.signal])
    const locked = held?.repository ?? repository
    const guarded = withSignal(ctx, signal)
    let opened: Promise<BatchStore> | undefined
    const open = (): Promise<BatchStore> => (opened ??= openBatchStore(locked, place, settings, guarded))
    return {
      prepare: (file) =>
        new Promise((resolve) => {
          open()
            .then((store) => store.file(file))
            .then(() => resolve())
            .catch(() => {})
        }),
      batch: async (add, drop) => await writeBatch(locked, await open(), { add, drop }, guarded),
      async [Symbol.asyncDispose]() {
        await (await opened?.catch(() => undefined))?.[Symbol.asyncDispose]()
        await held?.[Symbol.asyncDispose]()
      },
    }
  }

  async function writeBatch(
    locked: Repository,
    store: BatchStore,
    { add, drop }: { readonly add: readonly BatchFile[]; readonly drop: readonly LogFileName[] },
    ctx: Context,
  ): Promise<void> {
    await refresh(ctx)
    const changed = new Map<string, LogFolder>()
    for (const name of changedFolders([...add, ...drop], content)) changed.set(name, await folder(name, ctx))
    source = undefined
    const replaced = content.snapshotIds
    const batch = { content, folders: changed, add, drop }
    const written = await saveLogBatch({ repository: locked, place, settings, store }, batch, ctx)
    content = written.content
    // only folders that still grow are worth remembering
    folders.clear()
    for (const [name, each] of written.folders) if (each.nodes.size > 0) folders.set(name, each)
    for (const name of replaced) {
      if (content.snapshotIds.includes(name)) continue
      await locked.backend.remove({ type: 'snapshot', name }, ctx)
    }
  }
}

const emptyFolder: LogFolder = { nodes: new Map(), facts: new Map() }

function changedFolders(files: readonly LogFileName[], { folders }: LogContent): Set<string> {
  const changed = new Set(files.map(({ folder }) => folder))
  changed.delete('')
  for (const [name, versions] of folders) {
    if (treesOf(versions).length > 1) changed.add(name)
  }
  return changed
}

function treesOf(nodes: readonly Node[] | undefined): string[] {
  return (nodes ?? []).map(({ subtree }) => subtree).filter((subtree) => subtree !== undefined)
}
