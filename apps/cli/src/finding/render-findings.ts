import { byUrgency } from '@holdfast/orchestrator/finding/by-urgency'
import { formatDurationMs } from '@holdfast/core/units/duration'
import { subjectText } from '@holdfast/orchestrator/finding/finding-key'
import type { Finding } from '@holdfast/orchestrator/finding/finding'
import { formatLocalTime } from '../output/local-time.ts'
import { printable } from '../output/printable.ts'

const marks = { critical: '✗', warning: '!', info: '·' } as const
const colours = { critical: '31', warning: '33', info: '36' } as const

/** Findings as paragraphs, the most urgent first: what, where, since when, what to do, and by which key. */
export function renderFindings(
  findings: readonly Finding[],
  { now, inColour }: { readonly now: Date; readonly inColour: boolean },
): string {
  if (findings.length === 0) return 'nothing needs attention'
  return byUrgency(findings)
    .map((finding) => paragraph(finding, now, inColour))
    .join('\n\n')
}

function paragraph(finding: Finding, now: Date, inColour: boolean): string {
  const { severity, title, detail, resolvedAt } = finding
  const word = resolvedAt === undefined ? severity : 'resolved'
  const head = `${resolvedAt === undefined ? marks[severity] : '✓'} ${word.padEnd(8)}  ${printable(title)}`
  const indent = ' '.repeat(12)
  const lines = [whenText(finding, now), ...detail.split('\n'), ...acknowledgement(finding), `key ${finding.key}`]
  const code = resolvedAt === undefined ? colours[severity] : '32'
  return [inColour ? `\x1b[${code}m${head}\x1b[0m` : head, ...lines.map((line) => `${indent}${printable(line)}`)].join(
    '\n',
  )
}

function whenText({ subject, firstSeenAt, resolvedAt }: Finding, now: Date): string {
  const since = `${subjectText(subject)}, since ${formatLocalTime(firstSeenAt)}`
  if (resolvedAt === undefined) return `${since} (${formatDurationMs(now.getTime() - firstSeenAt.getTime())})`
  return `${since}, over since ${formatLocalTime(resolvedAt)}`
}

function acknowledgement({ acknowledged }: Finding): string[] {
  if (acknowledged === undefined) return []
  const { by, at, note, isExpected } = acknowledged
  const what = isExpected === true ? 'expected' : 'acknowledged'
  return [`${what} by ${by}, ${formatLocalTime(at)}${note === '' ? '' : `: ${note}`}`]
}

/** For programs. Fields are only ever added. */
export function findingJson(finding: Finding): object {
  const { acknowledged } = finding
  return {
    key: finding.key,
    kind: finding.kind,
    severity: finding.severity,
    subject: finding.subject,
    about: finding.about ?? null,
    title: finding.title,
    detail: finding.detail,
    figures: finding.figures,
    first_seen_at: finding.firstSeenAt.toISOString(),
    last_seen_at: finding.lastSeenAt.toISOString(),
    resolved_at: finding.resolvedAt?.toISOString() ?? null,
    acknowledged:
      acknowledged === undefined
        ? null
        : {
            by: acknowledged.by,
            at: acknowledged.at.toISOString(),
            note: acknowledged.note,
            expected: acknowledged.isExpected === true,
          },
  }
}
