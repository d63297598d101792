import type { Context } from '@holdfast/core/context'
import { formatSize } from '@holdfast/core/units/size'
import type { PruneFigures } from '@holdfast/repository/prune/decide-prune'
import { executePrune } from '@holdfast/repository/prune/execute-prune'
import { planPrune } from '@holdfast/repository/prune/plan-prune'
import type { PruneOptions } from '@holdfast/repository/prune/prune-options'
import type { Repository } from '@holdfast/repository/repository'
import type { Output } from '../output/output.ts'

/** Plans a prune, shows the plan, and carries it out unless it is a dry run. */
export async function runPrune(
  repository: Repository,
  options: PruneOptions,
  { dryRun, output }: { readonly dryRun: boolean; readonly output: Output },
  ctx: Context,
): Promise<void> {
  const plan = await planPrune(repository, options, ctx)
  output.note(renderFigures(plan.figures))
  if (dryRun) {
    output.message(summaryJson(plan.figures, { dry_run: true }))
    output.line(`would free ${formatSize(freedBytes(plan.figures))}`)
    return
  }
  const report = await executePrune(repository, plan, ctx)
  output.message(
    summaryJson(report.figures, {
      packs_removed: report.packsRemoved,
      packs_written: report.packsWritten,
      bytes_written: report.bytesWritten,
      blobs_repacked: report.blobsRepacked,
      indexes_written: report.indexesWritten,
      indexes_removed: report.indexesRemoved,
    }),
  )
  output.line(`freed ${formatSize(freedBytes(report.figures))}`)
}

function freedBytes({ bytes }: PruneFigures): number {
  return bytes.removeTotal + bytes.unindexed
}

function renderFigures({ packs, blobs, bytes }: PruneFigures): string {
  const amount = (count: number, sizeBytes: number) => `${String(count).padStart(10)} blobs / ${formatSize(sizeBytes)}`
  const share = bytes.remain === 0 ? 0 : (bytes.remainUnused / bytes.remain) * 100
  const rows: readonly (readonly [string, string])[] = [
    ['used', amount(blobs.used, bytes.used)],
    ['unused', amount(blobs.unused, bytes.unused)],
    ['duplicates', amount(blobs.duplicate, bytes.duplicate)],
    ['packs not indexed', `${String(packs.unindexed).padStart(10)} packs / ${formatSize(bytes.unindexed)}`],
    ['to repack', amount(blobs.repack, bytes.repack)],
    ['this removes', amount(blobs.repackRemove, bytes.repackRemove)],
    ['to delete', amount(blobs.remove, bytes.remove)],
    ['total prune', amount(blobs.removeTotal, bytes.removeTotal + bytes.unindexed)],
    ['remaining', amount(blobs.remain, bytes.remain)],
    ['unused after', `${' '.repeat(10)} ${formatSize(bytes.remainUnused)} (${share.toFixed(2)} %)`],
    ['packs', `${String(packs.keep).padStart(10)} stay, ${packs.repack} are rewritten, ${packs.remove} go`],
  ]
  return rows.map(([title, text]) => `${`${title}:`.padEnd(19)}${text}`).join('\n')
}

function summaryJson({ packs, blobs, bytes }: PruneFigures, more: Readonly<Record<string, unknown>>) {
  const counts = (each: PruneFigures['blobs']) => ({
    total: each.total,
    used: each.used,
    unused: each.unused,
    duplicate: each.duplicate,
    repack: each.repack,
    repack_remove: each.repackRemove,
    remove: each.remove,
    remove_total: each.removeTotal,
    remain: each.remain,
    remain_unused: each.remainUnused,
  })
  return {
    message_type: 'summary',
    ...more,
    packs,
    blobs: counts(blobs),
    bytes: { ...counts(bytes), unindexed: bytes.unindexed, uncompressed: bytes.uncompressed },
  }
}
