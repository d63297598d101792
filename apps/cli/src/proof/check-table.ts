import type { Check } from '@holdfast/core/proof/check'
import { printable } from '../output/printable.ts'
import { renderTable } from '../output/table.ts'

const words = { passed: 'ok', failed: 'FAILED', skipped: 'skipped' } as const

/** What was looked at, and what was seen. */
export function renderChecks(checks: readonly Check[]): string {
  return renderTable(
    [{ title: 'Check' }, { title: 'Of' }, { title: 'Verdict' }, { title: 'Evidence' }],
    checks.map(({ name, subject, verdict, evidence }) => [
      name,
      printable(subject),
      words[verdict],
      printable(evidence),
    ]),
  )
}
