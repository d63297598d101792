import type { Context } from '@holdfast/core/context'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import { isHexId } from '../format/json-fields.ts'
import type { Repository } from '../repository.ts'
import { listSnapshotIds, listSnapshots, readSnapshot } from './list-snapshots.ts'
import type { ListedSnapshot } from './listed-snapshot.ts'
import type { SnapshotFilter } from './snapshot-filter.ts'

export interface FoundSnapshot extends ListedSnapshot {
  /** what followed the colon of `id:subfolder`, as given */
  readonly subfolder?: string
}

/**
 * The snapshot that a text names: a full id, a unique beginning of one, `latest` or `latest~2` (two before the newest)
 * among those the filter selects; each may be followed by `:subfolder`. The filter does not concern ids.
 * @throws AppError SNAPSHOT_UNKNOWN, SNAPSHOT_AMBIGUOUS, REPOSITORY_DAMAGED, STORAGE_…
 */
export async function findSnapshot(
  repository: Repository,
  text: string,
  filter: SnapshotFilter,
  ctx: Context,
): Promise<FoundSnapshot> {
  const { name, subfolder } = splitSubfolder(text)
  const listed = await findByName(repository, name, filter, ctx)
  return subfolder === undefined ? listed : { ...listed, subfolder }
}

/** The snapshots that several texts name, each once, in the order given; without texts, all that the filter selects. */
export async function findSnapshots(
  repository: Repository,
  texts: readonly string[],
  filter: SnapshotFilter,
  ctx: Context,
): Promise<ListedSnapshot[]> {
  if (texts.length === 0) return listSnapshots(repository, filter, ctx)
  const found = new Map<string, ListedSnapshot>()
  for (const text of texts) {
    const listed = await findByName(repository, text, filter, ctx)
    found.set(listed.id, listed)
  }
  return [...found.values()]
}

/** Splits `id:subfolder`; an empty subfolder is none. */
function splitSubfolder(text: string): { readonly name: string; readonly subfolder?: string } {
  const colon = text.indexOf(':')
  if (colon === -1) return { name: text }
  const subfolder = text.slice(colon + 1)
  return { name: text.slice(0, colon), ...(subfolder === '' ? {} : { subfolder }) }
}

async function findByName(
  repository: Repository,
  name: string,
  filter: SnapshotFilter,
  ctx: Context,
): Promise<ListedSnapshot> {
  const latest = /^latest(?:~(\d{1,9}))?$/.exec(name)
  if (latest !== null) {
    const snapshots = await listSnapshots(repository, filter, ctx)
    const found = snapshots.at(-1 - Number(latest[1] ?? 0))
    if (found === undefined) throw new AppError('SNAPSHOT_UNKNOWN', { snapshot: name })
    return found
  }
  return findByPrefix(repository, name, ctx)
}

async function findByPrefix(repository: Repository, prefix: string, ctx: Context): Promise<ListedSnapshot> {
  if (!/^[0-9a-f]{1,64}$/.test(prefix)) throw new AppError('SNAPSHOT_UNKNOWN', { snapshot: JSON.stringify(prefix) })
  const ids = isHexId(prefix) ? [prefix] : await listSnapshotIds(repository, ctx)
  const matching = ids.filter((id) => id.startsWith(prefix))
  const [id] = matching
  if (id === undefined) throw new AppError('SNAPSHOT_UNKNOWN', { snapshot: prefix })
  if (matching.length > 1) throw new AppError('SNAPSHOT_AMBIGUOUS', { prefix, count: matching.length })
  try {
    return await readSnapshot(repository, id, ctx)
  } catch (error) {
    if (!isAppError(error, 'STORAGE_FILE_MISSING')) throw error
    throw new AppError('SNAPSHOT_UNKNOWN', { snapshot: prefix }, { cause: error })
  }
}
