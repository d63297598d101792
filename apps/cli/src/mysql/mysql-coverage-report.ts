import { formatDurationMs } from '@holdfast/core/units/duration'
import { formatSize } from '@holdfast/core/units/size'
import type { MysqlSourceCoverage } from '@holdfast/orchestrator/mysql/read-mysql-coverage'
import { countOf } from '@holdfast/core/units/count-of'
import { renderTable } from '../output/table.ts'

/** Ranges and gaps as a table, and how much would be lost now. */
export function renderMysqlCoverage({
  source,
  coverage,
  backups,
  slices,
  logBytes,
  recoveryPointAgeMs,
}: MysqlSourceCoverage): string {
  const held = `${countOf(backups, 'backup')}, ${countOf(slices, 'slice')} of binary log (${formatSize(logBytes)})`
  if (coverage === undefined) return `nothing of ${source} can be recovered; there are ${held}`
  const rows = coverage.ranges.flatMap(({ from, until, bases }, at) => {
    const gap = coverage.gaps[at]
    const own = ['covered', from, until, spanText(from, until), countOf(bases.length, 'backup')]
    return gap === undefined
      ? [own]
      : [own, ['GAP', gap.from, gap.until, spanText(gap.from, gap.until), 'binary log is missing']]
  })
  return [
    renderTable(
      [{ title: '' }, { title: 'From' }, { title: 'Until' }, { title: 'Span', align: 'right' }, { title: '' }],
      rows,
    ),
    held,
    `if the server were lost now, the last ${formatDurationMs(recoveryPointAgeMs ?? 0)} would be gone`,
  ].join('\n')
}

export function mysqlCoverageMessage(found: MysqlSourceCoverage): Readonly<Record<string, unknown>> {
  const { source, coverage, backups, slices, logBytes, recoveryPointAgeMs } = found
  const { ranges = [], gaps = [], oldest, newest } = coverage ?? {}
  return {
    message_type: 'coverage',
    source,
    base_backups: backups,
    log_files: slices,
    log_bytes: logBytes,
    ...(recoveryPointAgeMs === undefined ? {} : { recovery_point_age_seconds: recoveryPointAgeMs / 1000 }),
    ...(oldest === undefined ? {} : { oldest, newest }),
    ranges,
    gaps,
  }
}

function spanText(from: string, until: string): string {
  return formatDurationMs(Math.max(0, Date.parse(until) - Date.parse(from)))
}
