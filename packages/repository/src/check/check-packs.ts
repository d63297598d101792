import type { Context } from '@holdfast/core/context'
import type { BlobIndex } from '../engine/blob-index.ts'
import { expectedPackBytes } from '../format/pack-header.ts'
import type { Repository } from '../repository.ts'
import type { ListedPack } from './choose-packs.ts'
import type { ReportFinding } from './finding.ts'
import { layoutFault, type PackEntries } from './pack-entries.ts'

/** A pack that the index knows and the store has. */
export interface PresentPack extends ListedPack {
  /** its number in the index */
  readonly pack: number
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
  const sizes = new Map<string, number>()
  for await (const { name, sizeBytes } of repository.backend.list('data', ctx)) sizes.set(name, sizeBytes)
  const total = index.packIds.length
  const present: PresentPack[] = []
  for (const [pack, id] of index.packIds.entries()) {
    const sizeBytes = sizes.get(id)
    sizes.delete(id)
    if (pack % 256 === 0) ctx.emit({ type: 'check.progressed', stage: 'packs', done: pack, total, bytesDone: 0 })
    if (sizeBytes !== undefined) {
      checkPack(id, sizeBytes, entries.blobsOf(pack), report)
      present.push({ pack, id, sizeBytes })
    } else {
      const blobs = entries.blobsOf(pack).length
      report('pack-missing', id, `the index places ${blobs} blobs in it, but it does not exist`)
    }
  }
  for (const [id, sizeBytes] of sizes) {
    if (!leaving.has(id)) report('pack-orphaned', id, `no index names it (${sizeBytes} bytes)`)
  }
  ctx.emit({ type: 'check.progressed', stage: 'packs', done: total, total, bytesDone: 0 })
  return { present, total }
}

function checkPack(
  id: string,
  sizeBytes: number,
  blobs: ReturnType<PackEntries['blobsOf']>,
  report: ReportFinding,
): void {
  const fault = layoutFault(blobs)
  const expectedBytes = expectedPackBytes(blobs)
  if (fault !== undefined) report('index-wrong', id, fault)
  else if (sizeBytes !== expectedBytes) {
    report('pack-size-wrong', id, `it has ${sizeBytes} bytes instead of ${expectedBytes}`)
  }
  const [first] = blobs
  if (first !== undefined && blobs.some(({ type }) => type !== first.type)) {
    report('pack-mixed', id, 'it holds trees and data')
  }
}
