import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { nearestName } from '@holdfast/core/text/nearest-name'
import type { FindingStore } from '../catalogue/catalogue.ts'
import type { Finding } from './finding.ts'

/** Who says so, and why; see `Acknowledgement`. */
export interface AcknowledgementDraft {
  readonly by: string
  readonly note: string
  readonly isExpected?: boolean
}

/** Notes on an open finding that somebody sees to it, and returns it. Fails with FINDING_UNKNOWN. */
export async function acknowledgeFinding(
  findings: FindingStore,
  key: string,
  draft: AcknowledgementDraft,
  ctx: Context,
): Promise<Finding> {
  const open = await findings.list({ isOpen: true })
  const found = open.find((finding) => finding.key === key)
  if (found === undefined) throw new AppError('FINDING_UNKNOWN', { key, suggestion: suggestionFor(key, open) })
  const acknowledged: Finding = { ...found, acknowledged: { ...draft, at: ctx.now() } }
  await findings.put([acknowledged])
  return acknowledged
}

function suggestionFor(key: string, open: readonly Finding[]): string {
  const nearest = nearestName(key, new Set(open.map((finding) => finding.key)))
  if (nearest !== undefined) return `Did you mean ${nearest}?`
  return open.length === 0 ? 'Nothing is open.' : 'Look at the keys with `holdfast findings`.'
}
