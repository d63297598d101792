import { statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { Context } from '@holdfast/core/context'
import { type Check, failed, passed, runCheck, skipped } from '@holdfast/core/proof/check'
import { formatSize } from '@holdfast/core/units/size'
import type { Repository } from '@holdfast/repository/repository'
import { findArchivedPacks, refuseArchived } from '@holdfast/repository/archive/archived-packs'
import { restore } from '@holdfast/repository/restore/restore'
import type { RestoreReport } from '@holdfast/repository/restore/restore-request'
import type { ListedSnapshot } from '@holdfast/repository/snapshot/listed-snapshot'
import { chooseSample, type Sample } from './choose-sample.ts'
import { openProofDirectory } from './proof-directory.ts'
import { type SourceProof, verdictOf } from './source-proof.ts'

export interface FilesProofRequest {
  readonly source: string
  readonly type: 'files' | 'command'
  readonly snapshot: ListedSnapshot
  /** for people */
  readonly targetText: string
  /** where the space for the restore is */
  readonly directory: string
  /** of what is larger, only so much is restored, chosen by chance; 20 GiB unless given */
  readonly bytesAtMost?: number
  readonly workers: number
  /** numbers from 0 to below 1 */
  readonly random: () => number
}

const defaultBytesAtMost = 20 * 2 ** 30
/** of the free space; others need some too */
const shareOfFreeSpace = 0.8

/**
 * Restores a snapshot into a temporary directory, reads everything again and compares it with the hashes in the snapshot's
 * own tree. What can only be restored in part says so in its evidence. Fails with RESTORE_ARCHIVED, STORAGE_…, REPOSITORY_DAMAGED.
 */
export async function proveFiles(
  repository: Repository,
  request: FilesProofRequest,
  ctx: Context,
): Promise<SourceProof> {
  const { source, type, snapshot, workers, random } = request
  const startedAt = ctx.now()
  await using directory = await openProofDirectory(request.directory)
  const bytesAtMost = await spaceFor(directory.path, request.bytesAtMost ?? defaultBytesAtMost)
  const { summary, tree } = snapshot.snapshot
  const isWhole = summary !== undefined && summary.totalBytesProcessed <= bytesAtMost
  const sample = isWhole ? undefined : await chooseSample(repository, tree, bytesAtMost, random, ctx)
  const isSample = sample !== undefined && sample.files < sample.totalFiles
  const flags = { verify: false, dryRun: false, sparse: true, verbose: false, delete: false, workers }
  const target = { tree, target: join(directory.path, 'restored'), ...flags }
  const include = isSample ? { include: [{ lines: sample.patterns }] } : {}
  refuseArchived(await findArchivedPacks(repository, [{ tree, ...include }], ctx), repository.backend.location)
  const restored = await restore(repository, { ...target, ...include, overwrite: 'always' }, ctx)
  const checkedFrom = ctx.now().getTime()
  const compared = await restore(repository, { ...target, ...include, overwrite: 'always' }, ctx)
  const checks = await lookAt({ snapshot, restored, compared, sample: isSample ? sample : undefined }, ctx)
  const endedAt = ctx.now()
  return {
    formatVersion: 1,
    source,
    type,
    snapshotId: snapshot.id,
    repository: repository.backend.location,
    verdict: verdictOf(checks),
    target: request.targetText,
    until: new Date(snapshot.snapshot.time).toISOString(),
    startedAt: startedAt.toISOString(),
    endedAt: endedAt.toISOString(),
    phases: {
      fetchMs: restored.durationMs,
      startMs: 0,
      replayMs: 0,
      checkMs: endedAt.getTime() - checkedFrom,
    },
    recoveryMs: restored.durationMs,
    dataBytes: restored.bytesRestored,
    walBytes: 0,
    checks,
  }
}

async function spaceFor(path: string, wanted: number): Promise<number> {
  const { bavail, bsize } = await statfs(path)
  return Math.min(wanted, Math.floor(bavail * bsize * shareOfFreeSpace))
}

interface RestoredFiles {
  readonly snapshot: ListedSnapshot
  readonly restored: RestoreReport
  /** of a second pass, which reads what is there, compares hashes, and must find nothing to write */
  readonly compared: RestoreReport
  /** undefined: everything was restored */
  readonly sample: Sample | undefined
}

async function lookAt({ snapshot, restored, compared, sample }: RestoredFiles, ctx: Context): Promise<Check[]> {
  const { summary } = snapshot.snapshot
  const amount = `${restored.filesRestored} files, ${formatSize(restored.bytesRestored)}`
  const [unrestored] = restored.errors
  const [different] = compared.errors
  return [
    await runCheck(
      { name: 'restored' },
      async () => {
        if (unrestored !== undefined) return failed(`${restored.errorCount} could not be: ${describe(unrestored)}`)
        if (restored.filesRestored === 0) return failed('there is not one file in the snapshot')
        if (sample === undefined) return passed(amount)
        return passed(`${amount}, chosen by chance of ${sample.totalFiles} files, ${formatSize(sample.totalBytes)}`)
      },
      ctx,
    ),
    await runCheck(
      { name: 'content' },
      async () => {
        if (different !== undefined) return failed(`${compared.errorCount} differ: ${describe(different)}`)
        if (compared.filesSkipped === 0) return failed('nothing was there to compare')
        if (compared.bytesRestored > 0) return failed(`${formatSize(compared.bytesRestored)} had to be written again`)
        return passed(
          `${compared.filesSkipped} files, ${formatSize(compared.bytesSkipped)} read again and compared by hash`,
        )
      },
      ctx,
    ),
    await runCheck(
      { name: 'figures' },
      async () => {
        if (summary === undefined) return skipped('the snapshot says nothing about how much it holds')
        if (sample !== undefined) return skipped('only a part was restored')
        const expected = `${summary.totalFilesProcessed} files, ${formatSize(summary.totalBytesProcessed)}`
        return restored.filesRestored === summary.totalFilesProcessed
          ? passed(`the backup had counted ${expected}`)
          : failed(`the backup had counted ${expected}, restored were ${amount}`)
      },
      ctx,
    ),
  ]
}

function describe({ path, message }: { readonly path: string; readonly message: string }): string {
  return `${path}: ${message}`
}
