import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Backend } from '../backend.ts'
import { contentSize } from '../file-content.ts'
import { type Sleep, sleep } from './sleep.ts'

export interface RateLimits {
  readonly uploadBytesPerSecond?: number
  readonly downloadBytesPerSecond?: number
  /** for tests */
  readonly sleep?: Sleep
}

/**
 * Keeps the average rate of writes and reads below a limit. A single file still travels at full speed: each one pays
 * for its bytes by making those after it wait, uploads before they are sent, downloads before they are handed out.
 */
export function withRateLimit(backend: Backend, limits: RateLimits): Backend {
  const pause = limits.sleep ?? sleep
  const upload = createBucket('the upload limit', limits.uploadBytesPerSecond, pause)
  const download = createBucket('the download limit', limits.downloadBytesPerSecond, pause)
  // Workers that read the disk directly would not be slowed down.
  const { readableRoot: _dropped, ...traits } = backend.traits
  return {
    ...backend,
    traits,
    async read(file, range, ctx) {
      await download.settle(ctx)
      const bytes = await backend.read(file, range, ctx)
      download.charge(bytes.byteLength, ctx)
      await download.settle(ctx)
      return bytes
    },
    async write(file, content, hint, ctx) {
      // Charged before it waits, so that writers who come at once queue up behind each other.
      upload.charge(contentSize(content), ctx)
      await upload.settle(ctx)
      await backend.write(file, content, hint, ctx)
    },
  }
}

/** A token bucket that may go into debt: `charge` takes, `settle` waits until the debt is paid. */
interface Bucket {
  charge(bytes: number, ctx: Context): void
  settle(ctx: Context): Promise<void>
}

function createBucket(name: string, bytesPerSecond: number | undefined, pause: Sleep): Bucket {
  if (bytesPerSecond === undefined) return { charge: () => {}, settle: async () => {} }
  if (!(bytesPerSecond > 0)) {
    throw new AppError('ARGUMENT_INVALID', { name, value: bytesPerSecond, reason: 'it must be above zero' })
  }
  let paidAtMs = 0
  return {
    charge(bytes, ctx) {
      paidAtMs = Math.max(paidAtMs, ctx.now().getTime()) + (bytes / bytesPerSecond) * 1000
    },
    async settle(ctx) {
      const waitMs = paidAtMs - ctx.now().getTime()
      if (waitMs > 0) await pause(waitMs, ctx.signal)
    },
  }
}
