import { AppError } from '@holdfast/core/errors/app-error'
import { nearestName } from '@holdfast/core/text/nearest-name'
import type { StatusReport } from '@holdfast/orchestrator/status/status-report'

/**
 * The report with these sources only, all when none is named; applications stay that have one of them.
 * @throws AppError SOURCE_UNKNOWN
 */
export function chooseSources(report: StatusReport, names: readonly string[], onlyBroken: boolean): StatusReport {
  const known = report.sources.map(({ source }) => source.name)
  for (const name of names) {
    if (known.includes(name)) continue
    const nearest = nearestName(name, known)
    const suggestion = nearest === undefined ? `There are: ${known.join(', ') || 'none'}.` : `Did you mean ${nearest}?`
    throw new AppError('SOURCE_UNKNOWN', { kind: 'source', name, suggestion })
  }
  const sources = report.sources.filter(
    (status) =>
      (names.length === 0 || names.includes(status.source.name)) &&
      (!onlyBroken || status.isBroken || status.findings.length > 0),
  )
  const chosen = new Set(sources.map(({ source }) => source.name))
  return {
    ...report,
    sources,
    applications: report.applications.filter((application) => application.sources.some((name) => chosen.has(name))),
  }
}
