import type { Context } from '@holdfast/core/context'
import type { MarkStore } from '../catalogue/catalogue.ts'

export interface MarkLease {
  /** Takes the lease, or makes it last longer; false when another process has it. */
  hold(ctx: Context): Promise<boolean>
  /** Gives it back, so that another one need not wait. */
  release(): Promise<void>
}

interface Held {
  readonly worker: string
  readonly until: string
}

/** A mark that one of several processes has at a time, for work that is no run: it never ends. */
export function createMarkLease(marks: MarkStore, key: string, worker: string, leaseMs: number): MarkLease {
  return {
    async hold(ctx) {
      const now = ctx.now()
      const found = await marks.get(key)
      const held = readHeld(found)
      const isOthers = held !== undefined && held.worker !== worker && Date.parse(held.until) > now.getTime()
      if (isOthers) return false
      const own: Held = { worker, until: new Date(now.getTime() + leaseMs).toISOString() }
      return await marks.compareAndSet(key, found, JSON.stringify(own))
    },
    async release() {
      if (readHeld(await marks.get(key))?.worker === worker) await marks.remove(key)
    },
  }
}

function readHeld(text: string | undefined): Held | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '')
    if (typeof value !== 'object' || value === null || !('worker' in value) || !('until' in value)) return undefined
    const { worker, until } = value
    return typeof worker === 'string' && typeof until === 'string' ? { worker, until } : undefined
  } catch {
    return undefined
  }
}
