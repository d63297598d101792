import { mkdir } from 'node:fs/promises'
import type { Context } from '@holdfast/core/context'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import { restore } from '@holdfast/repository/restore/restore'
import type { RestoreReport } from '@holdfast/repository/restore/restore-request'
import { resolvePath } from '@holdfast/repository/tree/resolve-path'
import type { OpenedTrees } from '@holdfast/repository/tree/open-trees'
import type { PostgresBackup } from './list-backups.ts'

export interface ClusterPlaces {
  readonly dataDirectory: string
  /** where each tablespace goes, by oid */
  readonly tablespaces: ReadonlyMap<number, string>
}

export interface ClusterFilesReport {
  readonly filesRestored: number
  readonly bytesRestored: number
  /** there already and equal: not read from the repository */
  readonly filesSkipped: number
  readonly bytesSkipped: number
}

/**
 * Brings the files of a base backup to their places: whatever is there is compared by content, made equal, and what does
 * not belong is removed. Fails with RESTORE_INCOMPLETE when a single file could not be restored.
 */
export async function restoreClusterFiles(
  opened: OpenedTrees,
  { snapshot, manifest }: PostgresBackup,
  { dataDirectory, tablespaces }: ClusterPlaces,
  workers: number,
  ctx: Context,
): Promise<ClusterFilesReport> {
  const root = `postgresql/${manifest.source}`
  const parts = [
    { path: `${root}/data`, target: dataDirectory },
    ...[...tablespaces].map(([oid, target]) => ({ path: `${root}/tablespaces/${oid}`, target })),
  ]
  const totals = { filesRestored: 0, bytesRestored: 0, filesSkipped: 0, bytesSkipped: 0 }
  for (const { path, target } of parts) {
    const tree = await treeAt(opened, snapshot.snapshot.tree, path, snapshot.id, ctx)
    if (tree === undefined) {
      // an empty tablespace has no entries
      await mkdir(target, { recursive: true, mode: 0o700 })
      continue
    }
    const flags = { verify: false, dryRun: false, sparse: false, verbose: false }
    const request = { tree, target, overwrite: 'always', delete: true, workers, ...flags } as const
    const report = await restore(opened.repository, request, ctx)
    failOnErrors(report, target)
    totals.filesRestored += report.filesRestored
    totals.bytesRestored += report.bytesRestored
    totals.filesSkipped += report.filesSkipped
    totals.bytesSkipped += report.bytesSkipped
  }
  return totals
}

async function treeAt(
  { trees }: OpenedTrees,
  rootTree: string,
  path: string,
  id: string,
  ctx: Context,
): Promise<string | undefined> {
  try {
    return (await resolvePath(trees, rootTree, path, id.slice(0, 8), ctx)).treeId
  } catch (error) {
    if (isAppError(error, 'PATH_UNKNOWN') && path.includes('/tablespaces/')) return undefined
    throw error
  }
}

function failOnErrors({ errorCount, errors }: RestoreReport, target: string): void {
  const [first] = errors
  if (errorCount === 0 || first === undefined) return
  const others = errorCount === 1 ? '' : ` and ${errorCount - 1} others`
  throw new AppError('RESTORE_INCOMPLETE', { target, missing: `${first.path} (${first.message})${others}` })
}
