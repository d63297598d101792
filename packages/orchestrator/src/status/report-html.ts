import { formatDurationMs } from '@holdfast/core/units/duration'
import { formatSize } from '@holdfast/core/units/size'
import { utcMinute } from '../finding/wording.ts'
import type { Objective } from '../planning/objectives.ts'
import { type ReportHistory, seriesOf } from './report-history.ts'
import { sparkSvg } from './sparkline.ts'
import type { SourceStatus, StatusReport } from './status-report.ts'
import { copiesText, costText, findingsText, objectiveText, proofText, sizeText, summaryText } from './status-text.ts'

/** The status with its history as one HTML file that needs nothing else: no script, no font, no picture from anywhere. */
export function renderHtml(report: StatusReport, history: ReportHistory): string {
  const body = [
    `<h1>Backup report</h1><p>${utcMinute(report.at)}, history since ${utcMinute(history.since)}</p>`,
    `<p class="summary">${escapeHtml(summaryText(report))}.</p>`,
    sourcesTable(report),
    applicationsTable(report),
    repositoriesTable(report, history),
    findingsList(report),
    '<h2>Source by source</h2>',
    ...report.sources.map((status) => sourceSection(status, report, history)),
  ]
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Backup report, ${utcMinute(report.at)}</title>
<style>${style}</style>
</head>
<body>
${body.filter((part) => part !== '').join('\n')}
</body>
</html>
`
}

const style = `
:root { color-scheme: light dark; --bad: #b3261e; --good: #1b7a3d; --open: #8a6100; --line: #8888; }
@media (prefers-color-scheme: dark) { :root { --bad: #ff897d; --good: #6dd58c; --open: #f1c04f; } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1.5rem; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
.broken, .critical { color: var(--bad); } .kept { color: var(--good); } .unknown, .warning { color: var(--open); }
.summary { font-size: 1.2rem; } section { margin: 1.5rem 0; border-top: 1px solid var(--line); }
svg { display: block; } polyline { fill: none; stroke: currentColor; stroke-width: 1.5; } circle { fill: currentColor; }
.limit { stroke: var(--bad); stroke-dasharray: 4 3; } figure { display: inline-block; margin: .5rem 1.5rem .5rem 0; }
figcaption { font-size: .85rem; }
`

function sourcesTable({ sources, at }: StatusReport): string {
  const titles = ['Source', 'Tier', 'Restorable to', 'RPO', 'RTO', 'Proven', 'Copies', 'Score', 'Findings']
  const rows = sources.map((status) => [
    cell(status.source.name),
    cell(status.source.tier),
    instantCell(status.newestRestorable, status.by === 'log' ? ' (log)' : ''),
    objectiveCell(status.rpo, 'nothing'),
    objectiveCell(status.rto),
    cell(proofText(status, at), status.newestProof?.verdict === 'failed' ? 'broken' : ''),
    cell(copiesText(status)),
    cell(`${status.score.points} of 5`),
    cell(findingsText(status.findings)),
  ])
  return table('Sources', titles, rows)
}

function applicationsTable({ applications }: StatusReport): string {
  if (applications.length === 0) return ''
  const rows = applications.map((application) => [
    cell(application.name),
    instantCell(application.newestRestorable),
    objectiveCell(application.rpo, 'nothing'),
    objectiveCell(application.rto),
    cell(`${application.points} of 5`),
    cell(application.sources.join(', ')),
  ])
  return table('Applications', ['Application', 'Restorable to', 'RPO', 'RTO', 'Score', 'Sources'], rows)
}

function repositoriesTable({ repositories, at }: StatusReport, history: ReportHistory): string {
  const rows = repositories.map((status) => {
    const { settings } = status
    const traits = [settings.medium, ...(settings.isOffSite ? ['off-site'] : [])]
    const series = seriesOf(history, 'repository-bytes', `repository/${settings.name}`)
    const label = `Size of ${escapeHtml(settings.name)}`
    return [
      cell(settings.name),
      cell([...traits, ...(settings.isImmutable ? ['immutable'] : [])].join(', ')),
      cell(String(status.snapshots)),
      cell(sizeText(status)),
      series.length < 2 ? cell('–') : `<td>${sparkSvg(series, { label, from: history.since, to: at })}</td>`,
      cell(status.cost === undefined ? '–' : costText(status.cost)),
    ]
  })
  return table('Repositories', ['Repository', 'Medium', 'Snapshots', 'Size', 'History', 'Cost'], rows)
}

function findingsList({ sources, otherFindings }: StatusReport): string {
  const all = [...sources.flatMap(({ findings }) => findings), ...otherFindings]
  const items = all.map(({ severity, title, detail, firstSeenAt, acknowledged }) => {
    const noted = acknowledged === undefined ? '' : `, acknowledged by ${acknowledged.by}: ${acknowledged.note}`
    const about = `since ${utcMinute(firstSeenAt)}${noted}`
    return `<li><strong class="${severity}">${severity}</strong> ${escapeHtml(title)} (${escapeHtml(about)})<br>${escapeHtml(detail).replaceAll('\n', '<br>')}</li>`
  })
  return `<h2>Findings</h2>${items.length === 0 ? '<p>None is open.</p>' : `<ul>${items.join('\n')}</ul>`}`
}

function sourceSection(status: SourceStatus, report: StatusReport, history: ReportHistory): string {
  const { source, score } = status
  const subject = `source/${source.name}`
  const figure = (
    title: string,
    name: Parameters<typeof seriesOf>[1],
    format: (value: number) => string,
    limit?: number,
  ) => {
    const series = seriesOf(history, name, subject)
    if (series.length < 2) return ''
    const most = format(Math.max(...series.map(({ value }) => value)))
    const choice = { label: `${title} of ${escapeHtml(source.name)}`, from: history.since, to: report.at }
    const svg = sparkSvg(series, { ...choice, ...(limit !== undefined && { limit }) })
    return `<figure>${svg}<figcaption>${title}, at most ${escapeHtml(most)}</figcaption></figure>`
  }
  const proofs = history.proofs.get(source.name) ?? []
  const failed = proofs.filter(({ verdict }) => verdict === 'failed').length
  return `<section id="${escapeHtml(source.name)}"><h3>${escapeHtml(source.name)}</h3>
<p>Tier ${escapeHtml(source.tier)}, backup <code>${escapeHtml(source.backup.cron)}</code> (${escapeHtml(source.backup.timeZone)}), log ${source.log}; proofs since then: ${proofs.length}, failed: ${failed}.</p>
${figure('RPO', 'rpo-ms', formatDurationMs, source.rpoMs)}${figure('RTO', 'rto-ms', formatDurationMs, source.rtoMs)}${figure('Read', 'backup-bytes-read', formatSize)}${figure('Duration', 'backup-duration-ms', formatDurationMs)}
<ul>${score.parts.map(({ isMet, explanation }) => `<li class="${isMet ? 'kept' : 'broken'}">${isMet ? '✓' : '✗'} ${escapeHtml(explanation)}</li>`).join('')}</ul></section>`
}

function table(title: string, titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = titles.map((text) => `<th scope="col">${escapeHtml(text)}</th>`).join('')
  const body = rows.map((cells) => `<tr>${cells.join('')}</tr>`).join('\n')
  return `<h2>${title}</h2><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>`
}

function instantCell(at: Date | undefined, suffix = ''): string {
  return at === undefined ? cell('✗ nothing', 'broken') : cell(`${utcMinute(at)}${suffix}`)
}

function objectiveCell(objective: Objective, nothing = ''): string {
  return cell(objectiveText(objective, nothing), objective.verdict === 'not promised' ? '' : objective.verdict)
}

function cell(text: string, className = ''): string {
  return `<td${className === '' ? '' : ` class="${className}"`}>${escapeHtml(text)}</td>`
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Names and messages may hold anything; here they are text. */
function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? '')
}
