import type { Backend } from '@holdfast/storage/backend'

/**
 * A backend that changes nothing unless its lock holds: `ensureHeld` is awaited before every write and removal, and
 * throws REPOSITORY_LOCK_LOST. A timer alone would be too late: after a suspended machine wakes, writes can run before
 * timers do.
 */
export function guardBackend(backend: Backend, ensureHeld: () => Promise<void>): Backend {
  return {
    ...backend,
    async create(ctx) {
      await ensureHeld()
      await backend.create(ctx)
    },
    async write(file, content, hint, ctx) {
      await ensureHeld()
      await backend.write(file, content, hint, ctx)
    },
    async remove(file, ctx) {
      await ensureHeld()
      await backend.remove(file, ctx)
    },
  }
}
