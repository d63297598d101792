import { formatDurationMs } from '@holdfast/core/units/duration'
import { formatSize } from '@holdfast/core/units/size'
import { utcMinute } from '../finding/wording.ts'
import { type ReportHistory, seriesOf } from './report-history.ts'
import { sparkBlocks } from './sparkline.ts'
import type { SourceStatus, StatusReport } from './status-report.ts'
import { copiesText, costText, findingsText, objectiveText, proofText, sizeText, summaryText } from './status-text.ts'

/** The status with its history as Markdown: a page to keep, to send, or to put into a wiki. */
export function renderMarkdown(report: StatusReport, history: ReportHistory): string {
  const sections = [
    `# Backup report, ${utcMinute(report.at)}`,
    `${sentence(summaryText(report))} History since ${utcMinute(history.since)}.`,
    '## Sources',
    table(
      ['Source', 'Tier', 'Restorable to', 'RPO', 'RTO', 'Proven', 'Copies', 'Score', 'Findings'],
      sourceRows(report),
    ),
    ...(report.applications.length === 0
      ? []
      : [
          '## Applications',
          table(['Application', 'Restorable to', 'RPO', 'RTO', 'Score', 'Sources'], applicationRows(report)),
        ]),
    '## Repositories',
    table(
      ['Repository', 'Medium', 'Snapshots', 'Size', 'History of the size', 'Cost'],
      repositoryRows(report, history),
    ),
    '## Findings',
    renderFindings(report),
    '## Source by source',
    ...report.sources.map((status) => renderSource(status, report, history)),
  ]
  return `${sections.join('\n\n')}\n`
}

function sourceRows({ sources, at }: StatusReport): string[][] {
  return sources.map((status) => [
    status.source.name,
    status.source.tier,
    instantText(status.newestRestorable, status.by === 'log' ? ' (log)' : ''),
    objectiveText(status.rpo, 'nothing'),
    objectiveText(status.rto),
    proofText(status, at),
    copiesText(status),
    `${status.score.points} of 5`,
    findingsText(status.findings),
  ])
}

function applicationRows({ applications }: StatusReport): string[][] {
  return applications.map((application) => [
    application.name,
    instantText(application.newestRestorable),
    objectiveText(application.rpo, 'nothing'),
    objectiveText(application.rto),
    `${application.points} of 5`,
    application.sources.join(', '),
  ])
}

function repositoryRows({ repositories }: StatusReport, history: ReportHistory): string[][] {
  return repositories.map((status) => [
    status.settings.name,
    mediumText(status.settings),
    String(status.snapshots),
    sizeText(status),
    sparkBlocks(seriesOf(history, 'repository-bytes', `repository/${status.settings.name}`)) || '–',
    status.cost === undefined ? '–' : costText(status.cost),
  ])
}

function renderFindings({ sources, otherFindings }: StatusReport): string {
  const all = [...sources.flatMap(({ findings }) => findings), ...otherFindings]
  if (all.length === 0) return 'None is open.'
  return all
    .map(({ severity, title, detail, firstSeenAt, acknowledged }) => {
      const noted = acknowledged === undefined ? '' : `, acknowledged by ${acknowledged.by}: ${acknowledged.note}`
      const lines = detail.split('\n').map((line) => `  ${escapeMarkdown(line)}`)
      return `- **${severity}** ${escapeMarkdown(title)} (since ${utcMinute(firstSeenAt)}${escapeMarkdown(noted)})\n${lines.join('\n')}`
    })
    .join('\n')
}

function renderSource(status: SourceStatus, report: StatusReport, history: ReportHistory): string {
  const { source, score } = status
  const subject = `source/${source.name}`
  const rpo = seriesOf(history, 'rpo-ms', subject)
  const sizes = seriesOf(history, 'backup-bytes-read', subject)
  const durations = seriesOf(history, 'backup-duration-ms', subject)
  const lines = [
    `### ${escapeMarkdown(source.name)}`,
    [
      `- Promise: tier ${escapeMarkdown(source.tier)}, backup \`${source.backup.cron}\` (${source.backup.timeZone}), log ${source.log}`,
      `- RPO: ${objectiveText(status.rpo, 'nothing')}${historyText(rpo, formatDurationMs)}`,
      `- RTO: ${objectiveText(status.rto) || '–'}${historyText(seriesOf(history, 'rto-ms', subject), formatDurationMs)}`,
      `- Proofs: ${proofsText(status, report, history)}`,
      `- Backups since then: ${sizes.length}${historyText(sizes, formatSize, ', read ')}${historyText(durations, formatDurationMs, ', took ')}`,
      `- Score: ${score.points} of 5`,
      ...score.parts.map(({ isMet, explanation }) => `  - ${isMet ? '✓' : '✗'} ${escapeMarkdown(explanation)}`),
    ].join('\n'),
  ]
  return lines.join('\n\n')
}

function proofsText(status: SourceStatus, { at }: StatusReport, { proofs }: ReportHistory): string {
  const own = proofs.get(status.source.name) ?? []
  const failed = own.filter(({ verdict }) => verdict === 'failed').length
  const counts = own.length === 0 ? 'none since then' : `${own.length} since then, ${failed} of them failed`
  return `last one ${proofText(status, at)}, ${counts}`
}

function historyText(
  series: Parameters<typeof sparkBlocks>[0],
  format: (value: number) => string,
  before = ', ',
): string {
  if (series.length === 0) return ''
  const values = series.map(({ value }) => value)
  const [least, most] = [Math.min(...values), Math.max(...values)]
  return `${before}\`${sparkBlocks(series)}\` ${format(least)} to ${format(most)}`
}

function mediumText({ medium, isOffSite, isImmutable }: StatusReport['repositories'][number]['settings']): string {
  return [medium, ...(isOffSite ? ['off-site'] : []), ...(isImmutable ? ['immutable'] : [])].join(', ')
}

function instantText(at: Date | undefined, suffix = ''): string {
  return at === undefined ? '✗ nothing' : `${utcMinute(at)}${suffix}`
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return 'None.'
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => escapeMarkdown(cell) || ' ').join(' | ')} |`
  return [line(titles), `|${' --- |'.repeat(titles.length)}`, ...rows.map(line)].join('\n')
}

function sentence(text: string): string {
  return `${text}.`
}

/** Names and messages may hold anything; none of it may become a table's border, a link or HTML. */
function escapeMarkdown(text: string): string {
  return text.replaceAll(/[\\`*_[\]<>|]/g, String.raw`\$&`).replaceAll(/\s*\n\s*/g, ' ')
}
