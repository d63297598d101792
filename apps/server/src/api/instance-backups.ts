import type { SnapshotDetails } from '@holdfast/api/view/snapshot-view'
import type { SourceSettings } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { tagValue } from '@holdfast/orchestrator/operation/snapshot-record'
import { keptUntil } from '@holdfast/repository/forget/pin'
import type { ReadingSurroundings } from './reading-surroundings.ts'

/** One backup of a source, wherever it lies. */
export interface InstanceBackup {
  readonly backupName: string
  readonly createdAt: string
  readonly keptUntil?: string
  readonly bytes?: number
  readonly isPinned: boolean
  /** in the order of the source's repositories */
  readonly copies: readonly { readonly repository: string; readonly snapshot: string }[]
  readonly lineage: string
}

/** Read from the repositories of the source, newest first: names are tags, which the catalogue does not know. */
export async function listInstanceBackups(
  source: SourceSettings,
  { config, reader }: Pick<ReadingSurroundings, 'config' | 'reader'>,
  ctx: Context,
): Promise<InstanceBackup[]> {
  const found: SnapshotDetails[] = []
  for (const name of source.repositories) {
    const repository = config().repositories.get(name)
    if (repository === undefined) continue
    const all = await reader.ask({ type: 'list-snapshots', repository }, ctx)
    found.push(...all.filter((each) => each.source === source.name))
  }
  const backups = [...Map.groupBy(found, ({ lineage }) => lineage).values()].flatMap(backupOf)
  return backups.toSorted((one, other) => (one.createdAt < other.createdAt ? 1 : -1))
}

function backupOf(copies: readonly SnapshotDetails[]): InstanceBackup[] {
  const [first] = copies
  if (first === undefined) return []
  const until = keptUntil(first)
  return [
    {
      backupName: tagValue(first.tags, 'name') ?? first.id.slice(0, 8),
      createdAt: first.time,
      ...(until === undefined ? {} : { keptUntil: until.toISOString() }),
      ...(first.bytes === undefined ? {} : { bytes: first.bytes }),
      isPinned: copies.some(({ isPinned }) => isPinned),
      copies: copies.map(({ repository, id }) => ({ repository, snapshot: id })),
      lineage: first.lineage,
    },
  ]
}

/** By its name, else by the id of any of its snapshots. Fails with BACKUP_NAME_UNKNOWN. */
export function findBackup(name: string, source: string, backups: readonly InstanceBackup[]): InstanceBackup {
  const isId = /^[0-9a-f]{8,64}$/.test(name)
  const found =
    backups.find(({ backupName }) => backupName === name) ??
    backups.find(({ copies }) => isId && copies.some(({ snapshot }) => snapshot.startsWith(name)))
  if (found !== undefined) return found
  throw new AppError('BACKUP_NAME_UNKNOWN', { name, source })
}
