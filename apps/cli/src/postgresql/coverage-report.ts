import type { Coverage } from '@holdfast/connectors/postgresql/wal/coverage'
import { formatDurationMs } from '@holdfast/core/units/duration'
import { formatSize } from '@holdfast/core/units/size'
import type { SourceCoverage } from '@holdfast/orchestrator/log/read-coverage'
import { countOf } from '@holdfast/core/units/count-of'
import { renderTable } from '../output/table.ts'

const longestBar = 60
const [covered, missing, backup] = ['█', '·', '▲']

/** Ranges and gaps as a table, a bar of the time from the oldest to the newest, and how much would be lost now. */
export function renderCoverage(found: SourceCoverage, { columns }: { readonly columns: number }): string {
  const { source, coverage, baseBackups, walFiles, walBytes, recoveryPointAgeMs } = found
  const held = `${countOf(baseBackups, 'base backup')}, ${countOf(walFiles, 'segment')} of WAL (${formatSize(walBytes)})`
  if (coverage === undefined) return `nothing of ${source} can be recovered; there are ${held}`
  const { ranges, gaps } = coverage
  const rows = ranges.flatMap(({ from, until, bases }, position) => {
    const gap = gaps[position]
    const own = ['covered', from, until, spanText(from, until), countOf(bases.length, 'base backup')]
    if (gap === undefined) return [own]
    const reason = gap.reason === 'wal-missing' ? 'WAL is missing' : 'wal_level was minimal'
    return [own, ['GAP', gap.from, gap.until, spanText(gap.from, gap.until), reason]]
  })
  return [
    renderTable(
      [{ title: '' }, { title: 'From' }, { title: 'Until' }, { title: 'Span', align: 'right' }, { title: '' }],
      rows,
    ),
    renderBar(coverage, Math.min(longestBar, columns)),
    `timeline ${coverage.timeline}; ${held}`,
    ...(coverage.unreachableLsn === undefined
      ? []
      : [
          `WAL up to ${coverage.unreachableLsn} is there, but some before it is missing: it is of no use until you make a base backup with \`holdfast backup\``,
        ]),
    `if the server were lost now, the last ${formatDurationMs(recoveryPointAgeMs ?? 0)} would be gone`,
  ].join('\n')
}

/** One character for each stretch of time: covered only if all of it is. */
function renderBar({ oldest, newest, ranges }: Coverage, columns: number): string {
  const startMs = Date.parse(oldest)
  const stepMs = (Date.parse(newest) - startMs) / columns
  const cells = Array.from({ length: columns }, (_, cell) => {
    const [fromMs, untilMs] = [startMs + cell * stepMs, startMs + (cell + 1) * stepMs]
    const isCovered = ranges.some((range) => Date.parse(range.from) <= fromMs && untilMs <= Date.parse(range.until) + 1)
    return isCovered ? covered : missing
  })
  const begins = new Set(
    ranges.map(({ from }) => Math.min(columns - 1, Math.floor((Date.parse(from) - startMs) / (stepMs || 1)))),
  )
  const marks = cells.map((_cell, at) => (begins.has(at) ? backup : ' '))
  return `${cells.join('')}\n${marks.join('').trimEnd()}`
}

export function coverageMessage(found: SourceCoverage): Readonly<Record<string, unknown>> {
  const { source, coverage, baseBackups, walFiles, walBytes, recoveryPointAgeMs } = found
  return {
    message_type: 'coverage',
    source,
    base_backups: baseBackups,
    wal_files: walFiles,
    wal_bytes: walBytes,
    ...(recoveryPointAgeMs === undefined ? {} : { recovery_point_age_seconds: recoveryPointAgeMs / 1000 }),
    ...(coverage === undefined
      ? { ranges: [], gaps: [] }
      : {
          timeline: coverage.timeline,
          timelines: coverage.timelines,
          oldest: coverage.oldest,
          newest: coverage.newest,
          ranges: coverage.ranges,
          gaps: coverage.gaps,
          ...(coverage.unreachableLsn === undefined ? {} : { unreachable_lsn: coverage.unreachableLsn }),
        }),
  }
}

function spanText(from: string, until: string): string {
  return formatDurationMs(Math.max(0, Date.parse(until) - Date.parse(from)))
}
