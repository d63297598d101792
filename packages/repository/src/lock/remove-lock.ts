import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import { fileLabel } from '../open/unpacked-files.ts'
import type { Repository } from '../repository.ts'

/**
 * Deletes a lock file. Where the store forbids it (object lock) or cannot be reached, a warning is enough: the file
 * grows stale by itself.
 */
export async function removeLock(repository: Repository, id: string, ctx: Context): Promise<boolean> {
  const file = { type: 'lock', name: id } as const
  try {
    await repository.backend.remove(file, ctx)
    return true
  } catch (error) {
    if (!isAppError(error) || ctx.signal.aborted) throw error
    ctx.emit({ type: 'message.noted', level: 'warning', message: `${fileLabel(file)} stays: ${error.message}` })
    return false
  }
}
