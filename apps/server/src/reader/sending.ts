import { type Context, withSignal } from '@holdfast/core/context'
import { lockRepository } from '@holdfast/orchestrator/operation/lock-repository'
import type { ReaderSurroundings } from './answer-question.ts'
import { openDownload } from './open-download.ts'
import type { DownloadQuestion, OpenedDownload } from './reader-question.ts'

/** A download whose pieces are asked for one by one. */
export interface Sending {
  readonly file: OpenedDownload
  /** undefined: that was all */
  next(): Promise<Uint8Array | undefined>
  end(): Promise<void>
}

/** Nobody waits longer before the first byte. */
const lockPatienceMs = 10_000

/** With a shared lock on the repository, so that no prune removes what is being sent. Fails with REPOSITORY_LOCKED too. */
export async function createSending(
  question: DownloadQuestion,
  { repositories, machine }: ReaderSurroundings,
  ctx: Context,
): Promise<Sending> {
  await using stack = new AsyncDisposableStack()
  const repository = await repositories.open(question.repository, ctx)
  const choice = { exclusive: false, retryForMs: lockPatienceMs }
  const lock = stack.use(await lockRepository(repository, choice, machine, ctx))
  const own = withSignal(ctx, AbortSignal.any([ctx.signal, lock.signal]))
  const { file, pieces } = await openDownload(await repositories.look(question, own), question.path, own)
  stack.defer(async () => {
    await pieces.return?.().catch(() => {})
  })
  const kept = stack.move()
  const read = (): Promise<Uint8Array | undefined> => {
    const reading = pieces.next().then(({ done, value }) => (done === true ? undefined : value))
    // told when it is asked for
    reading.catch(() => {})
    return reading
  }
  let following: Promise<Uint8Array | undefined> | undefined
  return {
    file,
    async next() {
      const piece = await (following ?? read())
      // read while this one is on its way
      following = piece === undefined ? undefined : read()
      return piece
    },
    end: () => kept.disposeAsync(),
  }
}
