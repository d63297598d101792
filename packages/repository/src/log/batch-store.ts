import type { Context } from '@holdfast/core/context'
import { fromPostedError } from '../engine/posted-error.ts'
import { sha256 } from '../engine/sha256.ts'
import type { Repository } from '../repository.ts'
import { FirstFailure } from '../save/first-failure.ts'
import { fixedChunks } from '../save/fixed-chunks.ts'
import { JobQueue } from '../save/job-queue.ts'
import type { SaveRequest } from '../save/save-request.ts'
import { openSaveSession } from '../save/save-session.ts'
import type { StoredContent } from '../save/stream-content.ts'
import type { BatchFile, LogSettings } from './batch-file.ts'
import type { Loan } from './loan.ts'
import { logSnapshotPath, type LogPlace, logTags } from './log-place.ts'

/**
 * Stores what the batches of a log are made of, with threads that stay from one batch to the next. The caller holds a lock
 * as long as it is open. After a failure nothing more can be stored.
 */
export interface BatchStore extends AsyncDisposable {
  /** Stores a file's content, once for the same object however often it is called; several are stored at a time. */
  file(file: BatchFile): Promise<StoredContent>
  /** Stores a small content. Like `tree` it returns at once: ids are known before what they name is stored. */
  bytes(bytes: Uint8Array): StoredContent
  /** Stores the JSON of a tree; returns its id. */
  tree(text: Uint8Array): string
  /** When it returns, everything that was stored before it was called is in the repository and its index. */
  finish(): Promise<void>
  /** After a failure: brings what is complete into the repository, so that the next attempt has it. */
  salvage(): Promise<void>
}

export async function openBatchStore(
  repository: Repository,
  place: LogPlace,
  settings: LogSettings,
  ctx: Context,
): Promise<BatchStore> {
  const session = await openSaveSession([repository], requestOf(place, settings, ctx), {}, ctx)
  const failure = new FirstFailure(ctx.signal)
  const queue = new JobQueue(session, failure, (result) => session.take(result))
  const files = new WeakMap<BatchFile, Promise<StoredContent>>()
  const lent = new Set<Loan>()
  const sending: Promise<void>[] = []
  let turn: Promise<unknown> = Promise.resolve()

  /** Resolves when a worker has the content. */
  async function begin(loan: Loan, stored: (content: StoredContent) => void): Promise<void> {
    const { bytes, extraBytes } = loan
    const sizeBytes = bytes.length
    // one that waited behind another would wait while other threads have nothing to do
    const load = { sizeBytes: extraBytes, transfer: [bytes.buffer], taker: 'idle' } as const
    lent.add(loan)
    await queue.send<'content'>(
      { type: 'content', bytes },
      (outcome) => {
        lent.delete(loan)
        loan.giveBack(outcome.bytes)
        if ('failure' in outcome.stored) throw fromPostedError(outcome.stored.failure)
        session.counts.bytes += sizeBytes
        stored({ ids: outcome.stored.ids, sizeBytes })
      },
      load,
    )
  }

  /** One after the other is taken up, so that only a few are read into memory at a time. */
  function store(lend: () => Promise<Loan>): Promise<StoredContent> {
    const { promise, resolve } = Promise.withResolvers<StoredContent>()
    turn = turn
      .then(async () => {
        failure.throwIfFailed()
        await begin(await lend(), resolve)
      })
      .catch((error: unknown) => failure.fail(error))
    const content = failure.orFail(promise)
    // it may fail before anyone waits for it
    content.catch(() => {})
    return content
  }

  function send(content: Uint8Array, isTree: boolean): string {
    const bytes = Uint8Array.from(content)
    const id = sha256(bytes)
    const load = { sizeBytes: bytes.length, transfer: [bytes.buffer], taker: 'any' } as const
    const checked = (outcome: { readonly id: string }): void => {
      if (outcome.id !== id) throw new Error(`blob ${id} was stored as ${outcome.id}`)
    }
    const sent = queue.send<'blob'>({ type: 'blob', bytes, isTree }, checked, load)
    // it may fail before anyone waits for it
    sent.catch(() => {})
    sending.push(sent)
    return id
  }

  return {
    file(file) {
      const known = files.get(file)
      if (known !== undefined) return known
      const stored = store(() => file.lend(ctx))
      files.set(file, stored)
      return stored
    },
    bytes: (bytes) => ({ ids: Array.from(fixedChunks(bytes), (chunk) => send(chunk, false)), sizeBytes: bytes.length }),
    tree: (text) => send(text, true),
    async finish() {
      await failure.orFail(Promise.all(sending.splice(0)))
      const [unfinished] = await failure.orFail(session.finish(() => queue.wake()))
      failure.throwIfFailed()
      if (unfinished !== undefined) throw unfinished
    },
    salvage: () => session.salvage(),
    async [Symbol.asyncDispose]() {
      // what is not begun yet is not begun any more; what was lent comes back first
      failure.fail(new Error('the threads of a log were dismissed'))
      await turn
      await queue.emptied()
      for (const loan of lent) loan.giveBack(loan.bytes)
      failure[Symbol.dispose]()
      await session[Symbol.asyncDispose]()
    },
  }
}

function requestOf(place: LogPlace, settings: LogSettings, ctx: Context): SaveRequest {
  const nothing: AsyncIterable<Uint8Array> = { [Symbol.asyncIterator]: async function* () {} }
  return {
    source: { type: 'stream', path: logSnapshotPath(place), bytes: nothing, finish: async () => {} },
    identity: settings.identity,
    time: ctx.now(),
    tags: logTags(place),
    programVersion: settings.programVersion,
    filter: {},
    excludes: [],
    parent: { type: 'none' },
    withAtime: false,
    ignoreCtime: false,
    ignoreInode: false,
    compression: settings.compression,
    packBytes: settings.packBytes,
    workers: settings.workers,
    dryRun: false,
    skipIfUnchanged: false,
    verbose: false,
    scan: false,
  }
}
