import type { Context } from '@holdfast/core/context'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import type { Backend } from '@holdfast/storage/backend'
import { startWorkerPool, type WorkerPool } from '../engine/worker-pool.ts'
import { openPackHeader, packTrailerBytes } from '../format/pack-header.ts'
import type { Repository } from '../repository.ts'
import type { IntakeJob, IntakeResult, IntakeSetup } from './intake-job.ts'
import { packLayoutDigest } from './pack-layout.ts'

/** Looks into files before they are stored, for those who take them from writers that may lie. */
export interface Intake extends AsyncDisposable {
  /**
   * Says what a file holds, once everything in it was found to be true: blobs are what their ids say, and an index says of
   * each pack what the pack says of itself. The bytes must have been compared with the name.
   * @throws AppError REPOSITORY_DAMAGED, STORAGE_…
   */
  inspect(job: IntakeJob, ctx: Context): Promise<IntakeResult>
}

/** An index file follows the packs that it names: so many are remembered, some 100 bytes each. */
const layoutsRemembered = 20_000
/** Headers of most packs fit into this; larger ones take a second request. */
const tailBytes = 1 << 16

/** @param workers threads; one opens some hundred megabytes a second */
export function openIntake(repository: Repository, workers: number, ctx: Context): Intake {
  const start = (): WorkerPool<IntakeJob, IntakeResult> =>
    startWorkerPool<IntakeSetup, IntakeJob, IntakeResult>(
      {
        module: new URL('./intake-worker.ts', import.meta.url),
        count: workers,
        setup: { key: repository.key },
        backends: [],
      },
      ctx,
    )
  let pool = start()
  /** Something may have been made to kill a thread: the next files are not to suffer for it. */
  const run = async (job: IntakeJob): Promise<IntakeResult> => {
    const used = pool
    try {
      return await used.run(idlest(used), job)
    } catch (error) {
      if (!isAppError(error) && used === pool) {
        pool = start()
        void used[Symbol.asyncDispose]()
      }
      throw error
    }
  }
  const layouts = new Map<string, string>()
  const remember = (pack: string, layout: string): void => {
    layouts.set(pack, layout)
    const [oldest] = layouts.keys()
    if (layouts.size > layoutsRemembered && oldest !== undefined) layouts.delete(oldest)
  }
  /** A pack that was seen may have been pruned since. */
  const layoutOf = async (pack: string, own: Context): Promise<string | undefined> => {
    const known = layouts.get(pack)
    if (known === undefined) return await readLayout(repository, pack, own)
    return (await isStored(repository, pack, own)) ? known : undefined
  }
  const idlest = (used: typeof pool): number => {
    const loads = Array.from({ length: used.size }, (_, worker) => used.load(worker))
    return loads.indexOf(Math.min(...loads))
  }
  return {
    async inspect(job, own) {
      const result = await run(job)
      if (result.type === 'data') remember(job.name, result.layout)
      if (result.type !== 'index') return result
      const queue = result.layouts.entries()
      const compare = async (): Promise<void> => {
        for (const [pack, layout] of queue) {
          if ((await layoutOf(pack, own)) === layout) continue
          const reason = `what it says of pack ${pack.slice(0, 8)} is not what the pack says of itself`
          throw new AppError('REPOSITORY_DAMAGED', { object: `index ${job.name.slice(0, 8)}`, reason })
        }
      }
      await Promise.all(Array.from({ length: repository.backend.traits.connections }, compare))
      return result
    },
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  }
}

async function isStored({ backend }: Repository, pack: string, ctx: Context): Promise<boolean> {
  try {
    await backend.stat({ type: 'data', name: pack }, ctx)
    return true
  } catch (error) {
    if (isAppError(error, 'STORAGE_FILE_MISSING')) return false
    throw error
  }
}

/** Of a pack that is stored; undefined when there is none. */
async function readLayout({ backend, key }: Repository, pack: string, ctx: Context): Promise<string | undefined> {
  const label = `pack ${pack.slice(0, 8)}`
  const file = { type: 'data', name: pack } as const
  try {
    const { sizeBytes } = await backend.stat(file, ctx)
    const read = (length: number): ReturnType<Backend['read']> =>
      backend.read(file, { offset: sizeBytes - length, length }, ctx)
    const tail = await read(Math.min(sizeBytes, tailBytes))
    const trailer = packTrailerBytes(tail, sizeBytes, label)
    return packLayoutDigest(openPackHeader(key, trailer <= tail.length ? tail : await read(trailer), sizeBytes, label))
  } catch (error) {
    if (isAppError(error, 'STORAGE_FILE_MISSING')) return undefined
    throw error
  }
}
