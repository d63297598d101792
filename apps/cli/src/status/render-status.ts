import type { Finding } from '@holdfast/orchestrator/finding/finding'
import type { StatusReport } from '@holdfast/orchestrator/status/status-report'
import {
  copiesText,
  costText,
  findingsText,
  objectiveText,
  proofText,
  sizeText,
  summaryText,
} from '@holdfast/orchestrator/status/status-text'
import { formatDurationMs } from '@holdfast/core/units/duration'
import { formatLocalTime } from '../output/local-time.ts'
import { printable } from '../output/printable.ts'
import { type Column, renderTable } from '../output/table.ts'

const severityMarks = { critical: '✗', warning: '!', info: '·' } as const
const severities = Object.keys(severityMarks)

/** The status as tables for a terminal: sources, applications, repositories, then what is wrong in words. */
export function renderStatus(report: StatusReport, choice: { readonly colours: boolean }): string {
  const parts = [
    renderSources(report),
    ...(report.applications.length === 0 ? [] : [renderApplications(report)]),
    renderRepositories(report),
    ...renderFindings(report),
  ]
  const text = parts.join('\n\n')
  return choice.colours ? colour(text) : text
}

function renderSources(report: StatusReport): string {
  const columns = ['Source', 'Tier', 'Restorable to', 'RPO', 'RTO', 'Proven', 'Copies', 'Score', 'Findings']
  const rows = report.sources.map((status) => [
    printable(status.source.name),
    printable(status.source.tier),
    restorableText(status.newestRestorable, status.by === 'log' ? ' (log)' : ''),
    objectiveText(status.rpo, 'nothing'),
    objectiveText(status.rto),
    `${proofText(status, report.at)}${activityText(status.activeRuns)}`,
    copiesText(status),
    `${status.score.points} of 5`,
    findingsText(status.findings),
  ])
  return renderTable(columns.map(titled), rows, [summaryText(report)])
}

function renderApplications({ applications }: StatusReport): string {
  const columns = ['Application', 'Restorable to', 'RPO', 'RTO', 'Score', 'Sources']
  const rows = applications.map((application) => [
    printable(application.name),
    restorableText(application.newestRestorable),
    objectiveText(application.rpo, 'nothing'),
    objectiveText(application.rto),
    `${application.points} of 5`,
    application.sources.map(printable).join(', '),
  ])
  return renderTable(columns.map(titled), rows)
}

function renderRepositories({ repositories, at }: StatusReport): string {
  const columns = ['Repository', 'Snapshots', 'Size', 'All data read within', 'Cost']
  const rows = repositories.map((status) => [
    printable(status.settings.name),
    String(status.snapshots),
    sizeText(status),
    status.readSince === undefined
      ? 'not yet'
      : `the last ${formatDurationMs(Math.max(0, at.getTime() - status.readSince.getTime()))}`,
    status.cost === undefined ? '–' : costText(status.cost),
  ])
  return renderTable(columns.map(titled), rows)
}

function renderFindings({ sources, otherFindings }: StatusReport): string[] {
  const all = [...sources.flatMap(({ findings }) => findings), ...otherFindings]
  if (all.length === 0) return []
  const worstFirst = all.toSorted((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity))
  return [worstFirst.map(renderFinding).join('\n')]
}

function renderFinding({ severity, title, acknowledged }: Finding): string {
  return `${severityMarks[severity]} ${printable(title)}${acknowledged === undefined ? '' : ' (acknowledged)'}`
}

function restorableText(at: Date | undefined, suffix = ''): string {
  return at === undefined ? '✗ nothing' : `${formatLocalTime(at)}${suffix}`
}

function activityText(runs: StatusReport['sources'][number]['activeRuns']): string {
  const running = runs.find(({ state }) => state === 'running')
  return running === undefined ? '' : ` (${running.operation} is running)`
}

/** Marks stand alone or before a blank; names cannot hold them, since they are letters, digits and a few signs. */
function colour(text: string): string {
  return text
    .replaceAll(/✗[^ ]*/g, '\u001B[31m$&\u001B[0m')
    .replaceAll('✓', '\u001B[32m✓\u001B[0m')
    .replaceAll(/(?<=^|  )[?!](?= )/gm, '\u001B[33m$&\u001B[0m')
}

function titled(title: string): Column {
  return { title }
}
