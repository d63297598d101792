import type { Context } from '@holdfast/core/context'
import { isArchiveClass, mayBeArchived } from '@holdfast/storage/archive-class'
import type { Repository } from '../repository.ts'
import type { PresentPack } from './check-packs.ts'

/**
 * Of the packs that are to be read, those that can be: bringing the others back would cost money and hours, and is for
 * restores. Counts what lies in an archive of all packs; a class that archives only some is asked about what was chosen.
 */
export async function leaveArchived(
  { backend }: Pick<Repository, 'backend'>,
  present: readonly PresentPack[],
  chosen: readonly PresentPack[],
  ctx: Context,
): Promise<{ readonly readable: readonly PresentPack[]; readonly packsArchived: number }> {
  const archived = new Set(present.filter(({ storageClass }) => isArchiveClass(storageClass)).map(({ id }) => id))
  for (const { id, storageClass } of chosen) {
    if (!mayBeArchived(storageClass)) continue
    const info = await backend.stat({ type: 'data', name: id }, ctx)
    if (info.archived === undefined) archived.delete(id)
    else archived.add(id)
  }
  return { readable: chosen.filter(({ id }) => !archived.has(id)), packsArchived: archived.size }
}
