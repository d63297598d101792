import type { Context } from '@holdfast/core/context'
import type { FileInfo } from '@holdfast/storage/backend'
import type { BlobIndex } from '../engine/blob-index.ts'
import type { Repository } from '../repository.ts'
import type { ListedPack } from './choose-packs.ts'
import type { ReportFinding } from './finding.ts'
import type { PackEntries, PackSummary } from './pack-entries.ts'

/** A pack that the index knows and the store has. */
export interface PresentPack extends ListedPack {
  /** its number in the index */
  readonly pack: number
  readonly storageClass: string | undefined
}

/** Compares what the store has with what the index says about it: missing, of another size, mixed, orphaned. */
export async function checkPacks(
  repository: Repository,
  index: BlobIndex,
  entries: PackEntries,
  leaving: ReadonlySet<string>,
  report: ReportFinding,
  ctx: Context,
): Promise<{ present: readonly PresentPack[]; total: number }> {
  const listed = new Map<string, FileInfo>()
  for await (const info of repository.backend.list('data', ctx)) listed.set(info.name, info)
  const total = index.packIds.length
  const present: PresentPack[] = []
  for (const [pack, id] of index.packIds.entries()) {
    const info = listed.get(id)
    listed.delete(id)
    if (pack % 256 === 0) ctx.emit({ type: 'check.progressed', stage: 'packs', done: pack, total, bytesDone: 0 })
    if (info !== undefined) {
      const { sizeBytes, storageClass } = info
      checkPack(id, sizeBytes, entries.summarize(pack), report)
      present.push({ pack, id, sizeBytes, storageClass })
    } else {
      report('pack-missing', id, `the index places ${entries.countOf(pack)} blobs in it, but it does not exist`)
    }
  }
  for (const [id, { sizeBytes }] of listed) {
    if (!leaving.has(id)) report('pack-orphaned', id, `no index names it (${sizeBytes} bytes)`)
  }
  ctx.emit({ type: 'check.progressed', stage: 'packs', done: total, total, bytesDone: 0 })
  return { present, total }
}

function checkPack(id: string, sizeBytes: number, summary: PackSummary, report: ReportFinding): void {
  if ('fault' in summary) return report('index-wrong', id, summary.fault)
  if (sizeBytes !== summary.sizeBytes) {
    report('pack-size-wrong', id, `it has ${sizeBytes} bytes instead of ${summary.sizeBytes}`)
  }
  if (summary.isMixed) report('pack-mixed', id, 'it holds trees and data')
}
