import type { Context } from '@holdfast/core/context'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import type { Repository } from '@holdfast/repository/repository'
import { listSnapshots } from '@holdfast/repository/snapshot/list-snapshots'
import type { ListedSnapshot } from '@holdfast/repository/snapshot/listed-snapshot'
import { type OpenedTrees, openTrees } from '@holdfast/repository/tree/open-trees'
import { readSnapshotFile } from './snapshot-file.ts'

/** A backup in a repository, with what its manifest says. */
export interface SourceBackup<Manifest> {
  readonly snapshot: ListedSnapshot
  readonly manifest: Manifest
}

export interface WantedBackups<Manifest> {
  readonly source: string
  readonly type: 'mysql' | 'postgresql'
  /** by the tags of a snapshot of the source */
  isWanted(tags: readonly string[]): boolean
  parse(manifest: Uint8Array, tags: readonly string[]): Manifest
  /** what is not there, for the error; the source's name in quotes unless given */
  readonly called?: string
}

/**
 * The backups of a source, oldest first. One whose manifest cannot be read is reported and left out: the others can still be
 * restored. Fails with SOURCE_NOT_IN_REPOSITORY when there is none, with STORAGE_ARCHIVED when one has to be brought back first.
 */
export async function listSourceBackups<Manifest>(
  repository: Repository,
  { source, type, isWanted, parse, called = JSON.stringify(source) }: WantedBackups<Manifest>,
  ctx: Context,
): Promise<{ readonly backups: readonly SourceBackup<Manifest>[]; readonly opened: OpenedTrees }> {
  const snapshots = await listSnapshots(repository, {}, ctx)
  const own = snapshots.filter(({ snapshot: { tags } }) => {
    return tags.includes(`type=${type}`) && tags.includes(`source=${source}`) && isWanted(tags)
  })
  if (own.length === 0) throw sourceUnknown(repository, called, snapshots)
  const opened = await openTrees(repository, ctx)
  const backups: SourceBackup<Manifest>[] = []
  for (const snapshot of own) {
    try {
      const bytes = await readSnapshotFile(opened, snapshot, `${type}/${source}/manifest.json`, ctx)
      backups.push({ snapshot, manifest: parse(bytes, snapshot.snapshot.tags) })
    } catch (error) {
      if (!isAppError(error) || error.retryable || error.code === 'INTERRUPTED') throw error
      // it is not lost: it can be brought back
      if (error.code === 'STORAGE_ARCHIVED') throw error
      const message = `snapshot ${snapshot.id.slice(0, 8)} is left out: ${error.message}`
      ctx.emit({ type: 'message.noted', level: 'warning', message })
    }
  }
  return { backups, opened }
}

/** SOURCE_NOT_IN_REPOSITORY, with the sources that are. */
export function sourceUnknown(
  { backend: { location } }: Repository,
  source: string,
  snapshots: readonly ListedSnapshot[],
): AppError {
  const known = knownSources(snapshots)
  return new AppError('SOURCE_NOT_IN_REPOSITORY', {
    source,
    location,
    known: known.length === 0 ? 'none' : known.join(', '),
  })
}

/** Names of all sources that have snapshots, sorted; of those that have not every kind of backup it is said. */
function knownSources(snapshots: readonly ListedSnapshot[]): string[] {
  const kinds = new Map<string, Set<'log' | 'dump' | 'other'>>()
  for (const { snapshot } of snapshots) {
    const { tags } = snapshot
    const isDump = tags.includes('type=postgresql') && tags.includes('method=logical')
    const kind = tags.some((tag) => tag.startsWith('log=')) ? 'log' : isDump ? 'dump' : 'other'
    for (const tag of tags) {
      if (!tag.startsWith('source=')) continue
      const name = tag.slice('source='.length)
      kinds.set(name, (kinds.get(name) ?? new Set()).add(kind))
    }
  }
  return [...kinds]
    .map(([name, own]) => (own.has('other') ? name : `${name} (only ${own.has('dump') ? 'dumps' : 'its log'})`))
    .toSorted()
}
