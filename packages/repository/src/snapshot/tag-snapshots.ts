import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { encodeSnapshot } from '../format/snapshot.ts'
import { writeUnpacked } from '../open/unpacked-files.ts'
import type { Repository } from '../repository.ts'
import { createCopyFinder, originOf } from './compare-similar.ts'
import type { ListedSnapshot } from './listed-snapshot.ts'

/** Either the complete new list (empty removes all tags), or what to add and what to remove. */
export type TagChange =
  | { readonly set: readonly string[] }
  | { readonly add: readonly string[]; readonly remove: readonly string[] }

export interface TaggedSnapshot {
  readonly oldId: string
  readonly newId: string
  readonly tags: readonly string[]
}

/**
 * Changes the tags of snapshots; those that have the wanted tags already are left alone. A snapshot file cannot be
 * changed: a new one is written, which names the first version, and only then the old one is removed. Needs an
 * exclusive lock.
 * @returns one entry for each snapshot that was changed
 * @throws AppError ARGUMENT_INVALID, STORAGE_…
 */
export async function tagSnapshots(
  repository: Repository,
  snapshots: readonly ListedSnapshot[],
  change: TagChange,
  ctx: Context,
): Promise<TaggedSnapshot[]> {
  refuseCommas(change)
  const tagged: TaggedSnapshot[] = []
  const findCopy = createCopyFinder(snapshots)
  for (const listed of snapshots) {
    ctx.signal.throwIfAborted()
    const tags = changeTags(listed.snapshot.tags, change)
    if (JSON.stringify(tags) === JSON.stringify(listed.snapshot.tags)) continue
    const changed = { ...listed.snapshot, tags, original: originOf(listed) }
    // an earlier attempt that was cut off may have written it already
    const present = findCopy({ id: listed.id, snapshot: changed })
    const newId = present?.id ?? (await writeUnpacked(repository, 'snapshot', encodeSnapshot(changed), ctx))
    await repository.backend.flush(ctx)
    await repository.backend.remove({ type: 'snapshot', name: listed.id }, ctx)
    tagged.push({ oldId: listed.id, newId, tags })
  }
  return tagged
}

/** The new list of tags: the old ones in order without the removed, then the added ones; none twice. */
export function changeTags(tags: readonly string[], change: TagChange): string[] {
  if ('set' in change) return [...new Set(change.set.filter((tag) => tag !== ''))]
  const removed = new Set(change.remove)
  return [...new Set([...tags, ...change.add.filter((tag) => tag !== '')])].filter((tag) => !removed.has(tag))
}

/** A tag with a comma could not be selected: options separate tags by commas. */
function refuseCommas(change: TagChange): void {
  const added = 'set' in change ? change.set : change.add
  const bad = added.find((tag) => tag.includes(','))
  if (bad === undefined) return
  throw new AppError('ARGUMENT_INVALID', {
    name: 'tag',
    value: JSON.stringify(bad),
    reason: 'a tag cannot hold a comma',
  })
}
