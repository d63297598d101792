import type { Catalogue, ProofRecord, Sample } from '../catalogue/catalogue.ts'

/** What has been, for a report: each list oldest first. */
export interface ReportHistory {
  readonly since: Date
  /** figure and subject → samples; the key is made by `historyKey` */
  readonly series: ReadonlyMap<string, readonly Sample[]>
  /** source → proofs */
  readonly proofs: ReadonlyMap<string, readonly ProofRecord[]>
}

const figures = ['rpo-ms', 'rto-ms', 'score', 'backup-bytes-read', 'backup-duration-ms', 'repository-bytes'] as const
export type ReportFigure = (typeof figures)[number]

export async function readReportHistory(catalogue: Catalogue, since: Date): Promise<ReportHistory> {
  const [proofs, ...samples] = await Promise.all([
    catalogue.proofs.list({ since }),
    ...figures.map((figure) => catalogue.samples.list({ figure, since })),
  ])
  return {
    since,
    series: Map.groupBy(samples.flat(), ({ figure, subject }) => historyKey(figure, subject)),
    proofs: Map.groupBy(
      proofs.toSorted((a, b) => a.endedAt.getTime() - b.endedAt.getTime()),
      ({ source }) => source,
    ),
  }
}

export function seriesOf(history: ReportHistory, figure: ReportFigure, subject: string): readonly Sample[] {
  return history.series.get(historyKey(figure, subject)) ?? []
}

function historyKey(figure: string, subject: string): string {
  return `${figure} ${subject}`
}
