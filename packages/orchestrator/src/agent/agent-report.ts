import type { Catalogue } from '../catalogue/catalogue.ts'
import { parseRowDrops, type RowDrop, rowDropsKey } from '../finding/row-drops.ts'

/** What a backup noted for the catalogue, on its way from the agent's own to the server's. Times are ISO 8601. */
export interface AgentReport {
  readonly snapshots: readonly ReportedSnapshot[]
  readonly figures: readonly { readonly figure: string; readonly at: string; readonly value: number }[]
  /** absent: no table has lost rows */
  readonly rowDrops?: ReportedDrops | undefined
}

export interface ReportedDrops {
  readonly at: string
  readonly beforeAt: string
  readonly drops: readonly RowDrop[]
}

export interface ReportedSnapshot {
  readonly repository: string
  readonly snapshotId: string
  readonly time: string
  readonly bytes?: number | undefined
  readonly bytesAdded?: number | undefined
}

/** Reads back what a run has written into a catalogue that was empty before. */
export async function collectReport(catalogue: Catalogue, source: string): Promise<AgentReport> {
  const snapshots = await catalogue.snapshots.list({ source })
  const samples = await catalogue.samples.newest()
  const drops = parseRowDrops(await catalogue.marks.get(rowDropsKey(source)))
  return {
    snapshots: snapshots.map(({ repository, snapshotId, time, bytes, bytesAdded }) => ({
      repository,
      snapshotId,
      time: time.toISOString(),
      ...(bytes === undefined ? {} : { bytes }),
      ...(bytesAdded === undefined ? {} : { bytesAdded }),
    })),
    figures: samples.map(({ figure, at, value }) => ({ figure, at: at.toISOString(), value })),
    ...(drops === undefined
      ? {}
      : { rowDrops: { at: drops.at.toISOString(), beforeAt: drops.beforeAt.toISOString(), drops: drops.drops } }),
  }
}
