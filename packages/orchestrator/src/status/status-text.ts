import { formatDurationMs } from '@holdfast/core/units/duration'
import { formatSize } from '@holdfast/core/units/size'
import type { Objective, SourceObjectives, Verdict } from '../planning/objectives.ts'
import type { CostEstimate } from '../planning/cost.ts'
import type { RepositoryStatus, StatusReport } from './status-report.ts'

/** Readable without colours. */
const verdictSymbols: Readonly<Record<Verdict, string>> = {
  broken: '✗',
  unknown: '?',
  kept: '✓',
  'not promised': '–',
}

/** "✓ 40.0s of 15m 00s", "? of 1h 00m", "– 3h 00m", "✗ nothing of 1h 00m" */
export function objectiveText({ verdict, actualMs, promisedMs }: Objective, nothing = ''): string {
  const actual = actualMs === undefined ? nothing : formatDurationMs(actualMs)
  const promised = promisedMs === undefined ? '' : `of ${formatDurationMs(promisedMs)}`
  return [verdictSymbols[verdict], actual, promised].filter((text) => text !== '').join(' ')
}

/** "3h 00m ago", "never", "✗ failed 3h 00m ago" */
export function proofText({ newestProof, proofAgeMs }: SourceObjectives, at: Date): string {
  if (newestProof?.verdict === 'failed') {
    return `✗ failed ${formatDurationMs(Math.max(0, at.getTime() - newestProof.endedAt.getTime()))} ago`
  }
  return proofAgeMs === undefined ? 'never' : `${formatDurationMs(proofAgeMs)} ago`
}

/** "2 of 3" */
export function copiesText({ source, copies }: SourceObjectives): string {
  return `${copies.length} of ${source.repositories.length}`
}

/** "1 critical, 2 warnings", or a dash */
export function findingsText(findings: SourceObjectives['findings']): string {
  const counts = (['critical', 'warning', 'info'] as const).flatMap((severity) => {
    const count = findings.filter((finding) => finding.severity === severity).length
    if (count === 0) return []
    return [`${count} ${severity}${severity === 'warning' && count > 1 ? 's' : ''}`]
  })
  return counts.join(', ') || '–'
}

/** "3 sources: 1 keeps its promises, 1 breaks them, 1 waits for its first proof; 2 findings are open" */
export function summaryText({ sources, otherFindings }: StatusReport): string {
  const broken = sources.filter(({ isBroken }) => isBroken)
  const waiting = sources.filter(
    ({ isBroken, rpo, rto }) => !isBroken && (rpo.verdict === 'unknown' || rto.verdict === 'unknown'),
  )
  const kept = sources.length - broken.length - waiting.length
  const findings = sources.reduce((sum, source) => sum + source.findings.length, otherFindings.length)
  const parts = [
    countOf(kept, 'keeps its promises', 'keep their promises'),
    countOf(broken.length, 'breaks them', 'break them'),
    countOf(waiting.length, 'waits for its first proof', 'wait for their first proofs'),
  ].filter((text) => text !== '')
  const open = findings === 0 ? 'no findings' : countOf(findings, 'finding is open', 'findings are open')
  return `${countOf(sources.length, 'source', 'sources') || 'no sources'}${parts.length > 0 ? ': ' : ''}${parts.join(', ')}; ${open}`
}

/** "1.234 GiB, 3.000 MiB more a day, full on 2027-03-01" */
export function sizeText({ bytes, bytesPerDay, fullAt }: RepositoryStatus): string {
  if (bytes === undefined) return 'not measured yet'
  const growth = bytesPerDay === undefined ? [] : [growthText(bytesPerDay)]
  const full = fullAt === undefined ? [] : [`full on ${fullAt.toISOString().slice(0, 10)}`]
  return [formatSize(bytes), ...growth, ...full].join(', ')
}

/** "about 12.34 EUR a month (15.00 in a year), 100.00 to read all" */
export function costText({ currency, perMonth, storagePerMonthInAYear, readAll }: CostEstimate): string {
  const ahead = `${storagePerMonthInAYear.toFixed(2)} in a year`
  return `about ${perMonth.toFixed(2)} ${currency} a month (${ahead}), ${readAll.toFixed(2)} to read all`
}

function growthText(bytesPerDay: number): string {
  const rounded = Math.round(bytesPerDay)
  if (rounded === 0) return 'not growing'
  return `${formatSize(Math.abs(rounded))} ${rounded > 0 ? 'more' : 'less'} a day`
}

function countOf(count: number, one: string, many: string): string {
  return count === 0 ? '' : `${count} ${count === 1 ? one : many}`
}
