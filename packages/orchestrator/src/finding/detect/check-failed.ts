import { countOf } from '@holdfast/core/units/count-of'
import type { EndedRun } from '../../run/run.ts'
import { parseCheckParts, readRotation } from '../../planning/check-rotation.ts'
import type { Facts } from '../../planning/facts.ts'
import type { Detector } from '../detector.ts'
import type { Finding, Observation } from '../finding.ts'
import { agoText } from '../wording.ts'

/** Errors that say something about what was read, not about whether it could be. */
const damageCodes = new Set([
  'REPOSITORY_CHECK_FAILED',
  'REPOSITORY_DAMAGED',
  'STORAGE_DAMAGED',
  'STORAGE_FILE_MISSING',
])

/** Whether an unsuccessful check found damage; the others could not look. */
export function isAboutDamage(run: EndedRun): boolean {
  return (run.result?.problems ?? []).length > 0 || damageCodes.has(run.error?.code ?? '')
}

/**
 * A repository is damaged. Checks read it in parts: what one run found is over only when all the parts that it read have
 * been read again without a problem (mark `checked/<repository>`).
 */
export const detectCheckFailed: Detector = ({ facts }) => {
  const isKnown = (repository: string | undefined) =>
    repository !== undefined && facts.config.repositories.has(repository)
  const unseen = facts.openFindings
    .filter(({ kind, subject }) => kind === 'check-failed' && isKnown(subject.repository))
    .filter((finding) => !isReadAgain(finding, facts))
    .map(({ kind, subject, about }) => ({ kind, subject, ...(about === undefined ? {} : { about }) }))
  const observations = facts.endedRuns.flatMap((run) =>
    run.operation === 'check' && isKnown(run.repository) && isAboutDamage(run) ? [damage(run, facts.now)] : [],
  )
  return { observations, unseen }
}

function isReadAgain({ subject: { repository }, about, figures }: Finding, { marks, succeededRuns }: Facts): boolean {
  const foundMs = figures['foundAtMs'] ?? Number.POSITIVE_INFINITY
  const isAfter = (at: Date | undefined) => at !== undefined && at.getTime() > foundMs
  const parts = about === undefined ? undefined : parseCheckParts(about)
  if (parts === undefined) {
    return succeededRuns.some(
      (run) => run.operation === 'check' && run.repository === repository && isSound(run) && isAfter(run.endedAt),
    )
  }
  const rotation = readRotation(marks.get(`checked/${repository}`))
  if (rotation === undefined) return false
  // Divided anew since: then all of it has to have been read.
  if (rotation.readAt.length !== parts.of) return rotation.readAt.length > 0 && rotation.readAt.every(isAfter)
  return parts.parts.every((part) => isAfter(rotation.readAt[part - 1]))
}

function isSound(run: EndedRun): boolean {
  return run.state === 'succeeded' && !isAboutDamage(run)
}

function damage(run: EndedRun, now: Date): Observation {
  const repository = run.repository ?? ''
  const problems = run.result?.problems ?? [run.error?.message ?? 'it is damaged']
  const parts = run.arguments['parts']
  const foundAt = run.endedAt ?? now
  return {
    kind: 'check-failed',
    severity: 'critical',
    subject: { repository },
    ...(parts === undefined ? {} : { about: parts }),
    title: `repository ${repository} is damaged: ${countOf(problems.length, 'problem')} found`,
    detail: [
      `Found ${agoText(foundAt, now)}${parts === undefined ? '' : ` in parts ${parts}`}:`,
      ...problems.slice(0, 5).map((problem) => `- ${problem}`),
      ...(problems.length > 5 ? [`- and ${problems.length - 5} more: \`holdfast runs\` shows them`] : []),
      'Look at the disk or the storage provider first. Then run `holdfast check --read-data` and `holdfast repair packs --from <another repository>`, which heals from a second copy.',
    ].join('\n'),
    figures: { problems: problems.length, foundAtMs: foundAt.getTime() },
  }
}
