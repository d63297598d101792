import { createHash } from 'node:crypto'
import type { Context } from '@holdfast/core/context'
import { throwIfInterrupted } from '@holdfast/storage/interruption'
import { isArchiveClass } from '@holdfast/storage/archive-class'
import type { FileType } from '@holdfast/storage/backend'
import type { Repository } from '../repository.ts'

/** The packs in the store, by id, with their sizes in bytes. */
export async function listPacks({ backend }: Repository, ctx: Context): Promise<Map<string, number>> {
  const sizes = new Map<string, number>()
  for await (const { name, sizeBytes } of backend.list('data', ctx)) sizes.set(name, sizeBytes)
  return sizes
}

/** The same, and which of them lie in an archive of the store. */
export async function listStoredPacks(
  { backend }: Repository,
  ctx: Context,
): Promise<{ readonly sizes: ReadonlyMap<string, number>; readonly archived: ReadonlySet<string> }> {
  const sizes = new Map<string, number>()
  const archived = new Set<string>()
  for await (const { name, sizeBytes, storageClass } of backend.list('data', ctx)) {
    sizes.set(name, sizeBytes)
    if (isArchiveClass(storageClass)) archived.add(name)
  }
  return { sizes, archived }
}

export async function listNames({ backend }: Repository, type: FileType, ctx: Context): Promise<string[]> {
  const names = new Set<string>()
  for await (const { name } of backend.list(type, ctx)) names.add(name)
  return [...names]
}

/** A fingerprint of everything that a plan was made from. */
export function digestContent(
  repositoryId: string,
  snapshots: readonly string[],
  indexes: readonly string[],
  packs: ReadonlyMap<string, number>,
): string {
  const digest = createHash('sha256').update(repositoryId)
  for (const names of [snapshots, indexes]) digest.update(`|${names.toSorted().join()}`)
  digest.update('|')
  for (const id of [...packs.keys()].toSorted()) digest.update(`${id}:${packs.get(id)},`)
  return digest.digest('hex')
}

/** Removes files, as many at once as suits the backend. */
export async function removeFiles(
  { backend }: Repository,
  type: FileType,
  names: readonly string[],
  work: string,
  ctx: Context,
): Promise<void> {
  const unit = type === 'data' ? 'packs' : type === 'index' ? 'indexes' : `${type}s`
  let done = 0
  const queue = names.values()
  const removeQueued = async (): Promise<void> => {
    for (const name of queue) {
      throwIfInterrupted(ctx)
      await backend.remove({ type, name }, ctx)
      ctx.emit({ type: 'work.progressed', work, unit, done: ++done, total: names.length })
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, backend.traits.connections) }, removeQueued))
}
