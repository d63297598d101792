import type { Context } from '@holdfast/core/context'
import { throwIfInterrupted } from '@holdfast/storage/interruption'
import type { BlobIndex } from '../engine/blob-index.ts'
import { startWorkerPool } from '../engine/worker-pool.ts'
import type { Repository } from '../repository.ts'
import type { CheckDataJob, CheckDataResult, CheckDataSetup } from './check-data-job.ts'
import type { PresentPack } from './check-packs.ts'
import type { ReportFinding } from './finding.ts'
import type { PackEntries } from './pack-entries.ts'

/** What is read at once: as much as a core's cache holds, or, from afar, enough to be worth a request. */
const localWindowBytes = 1 << 20
const remoteWindowBytes = 4 << 20
/** A core that waits for its next pack is a core that does not check. */
const jobsPerWorker = 2
/** Fewer bytes than this are not worth another thread. */
const bytesPerWorker = 8 << 20
/** A thread's memory ends at 4 GiB; blobs beyond this are reported. */
const maxRegionBytes = 2 ** 30

/** Reads packs in full, in threads, and reports what is wrong with them. */
export async function checkData(
  repository: Repository,
  index: BlobIndex,
  entries: PackEntries,
  packs: readonly PresentPack[],
  workers: number,
  report: ReportFinding,
  ctx: Context,
): Promise<{ bytesRead: number; treeTrouble: boolean }> {
  const totalBytes = packs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  if (packs.length === 0) return { bytesRead: 0, treeTrouble: false }
  const count = Math.max(1, Math.min(workers, packs.length, Math.ceil(totalBytes / bytesPerWorker)))
  await using pool = startWorkerPool<CheckDataSetup, CheckDataJob, CheckDataResult>(
    {
      module: new URL('./check-data-worker.ts', import.meta.url),
      count,
      setup: makeSetup(repository, index, entries, packs),
      backends: [repository.backend],
    },
    ctx,
  )
  let done = 0
  let bytesDone = 0
  let treeTrouble = false
  // the largest first, so that the threads finish together
  const queue = packs.toSorted((a, b) => b.sizeBytes - a.sizeBytes).values()
  const drain = async (worker: number): Promise<void> => {
    for (const { pack, id, sizeBytes } of queue) {
      throwIfInterrupted(ctx)
      const result = await pool.run(worker, { pack, sizeBytes })
      for (const problem of result.problems) report(problem.kind, problem.id, problem.reason)
      if (result.unstable) report('pack-read-unstable', id, 'it was read differently twice')
      treeTrouble ||= result.treeTrouble
      bytesDone += sizeBytes
      ctx.emit({ type: 'check.progressed', stage: 'data', done: ++done, total: packs.length, bytesDone, totalBytes })
    }
  }
  await Promise.all(Array.from({ length: count * jobsPerWorker }, (_, lane) => drain(lane % count)))
  return { bytesRead: bytesDone, treeTrouble }
}

function makeSetup(
  { backend, key }: Repository,
  index: BlobIndex,
  entries: PackEntries,
  packs: readonly PresentPack[],
): CheckDataSetup {
  const { readableRoot } = backend.traits
  const windowBytes = readableRoot === undefined ? remoteWindowBytes : localWindowBytes
  // blobs that the index leaves out may be larger than those it names, but no chunk is beyond this
  let maxPlainBytes = 16 << 20
  for (let entry = 0; entry < index.size; entry++) {
    maxPlainBytes = Math.max(maxPlainBytes, index.rawLengthOf(entry))
  }
  const largestPack = packs.reduce((most, { sizeBytes }) => Math.max(most, sizeBytes), windowBytes)
  return {
    key,
    index: index.share(),
    entries: entries.shared,
    ...(readableRoot === undefined ? {} : { readableRoot }),
    windowBytes,
    maxSealedBytes: Math.min(largestPack, maxRegionBytes),
    maxPlainBytes: Math.min(maxPlainBytes, maxRegionBytes),
  }
}
