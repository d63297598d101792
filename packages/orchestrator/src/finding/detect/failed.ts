import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import { countOf } from '@holdfast/core/units/count-of'
import type { EndedRun, Operation } from '../../run/run.ts'
import { subjectText } from '../finding-key.ts'
import type { Detector, View } from '../detector.ts'
import type { FindingSubject, Observation } from '../finding.ts'
import { agoText } from '../wording.ts'
import { isAboutArchive } from './archived.ts'
import { isAboutDamage } from './check-failed.ts'
import { damagedPages } from './damaged-source.ts'

const failures = new Set(['failed', 'timed-out', 'lost'])

/** The newest run of an operation did not succeed. Over when a later one does; what it breaks is said by other findings. */
export const detectFailed: Detector = (view) => ({
  observations: view.facts.endedRuns.flatMap((run) => judge(run, view)),
  unseen: [],
})

function judge(run: EndedRun, view: View): Observation[] {
  const subject = configuredSubject(run, view.facts.config)
  // Whoever asked for a restore watches it; it need never be done again, which would end the finding.
  if (subject === undefined || run.operation === 'restore') return []
  if (failures.has(run.state)) {
    // What a check found is a finding of its own; here it is only about checks that could not be made.
    if (run.operation === 'check' && isAboutDamage(run)) return []
    // What could not be read because it is archived is a finding of its own as well.
    if (isAboutArchive(run)) return []
    return [failedRun(run, subject, view)]
  }
  if (run.state !== 'partial' || run.operation === 'check') return []
  // What a backup found wrong in the source is a finding of its own.
  const damaged = new Set(damagedPages(run, view.facts.config))
  const problems = (run.result?.problems ?? []).filter((problem) => !damaged.has(problem))
  return problems.length === 0 && damaged.size > 0 ? [] : [partialRun(run, subject, problems)]
}

/** Undefined for what is no longer in the configuration: nobody can make it succeed again. */
function configuredSubject({ source, repository }: EndedRun, config: EffectiveConfig): FindingSubject | undefined {
  if (source !== undefined && !config.sources.has(source)) return undefined
  if (repository !== undefined && !config.repositories.has(repository)) return undefined
  if (source === undefined && repository === undefined) return undefined
  return { ...(source === undefined ? {} : { source }), ...(repository === undefined ? {} : { repository }) }
}

function failedRun(run: EndedRun, subject: FindingSubject, view: View): Observation {
  const { now } = view.facts
  const success = view.facts.succeededRuns.find(
    (other) => other.operation === run.operation && other.source === run.source && other.repository === run.repository,
  )
  const last = success?.endedAt
  const lastText = last === undefined ? 'It has never succeeded.' : `It last succeeded ${agoText(last, now)}.`
  const action = run.error?.hint ?? 'Look at it with `holdfast runs` and run it again by hand to see why.'
  return {
    kind: 'failed',
    severity: 'warning',
    subject,
    about: run.operation,
    title: `${operationName(run.operation)} of ${subjectText(subject)} ${endingText(run)}`,
    detail: [`${lastText} Attempts of this run: ${run.attempt}.`, action].join('\n'),
    figures: {
      attempts: run.attempt,
      ...(last === undefined ? {} : { lastSuccessAgeMs: now.getTime() - last.getTime() }),
    },
  }
}

function endingText(run: EndedRun): string {
  switch (run.state) {
    case 'timed-out':
      return 'took too long and was stopped'
    case 'lost':
      return 'was not finished: the process that did it is gone'
    default:
      return run.error === undefined ? 'failed' : `failed: ${run.error.message}`
  }
}

function partialRun(run: EndedRun, subject: FindingSubject, problems: readonly string[]): Observation {
  const first = problems.slice(0, 5).map((problem) => `- ${problem}`)
  const rest = problems.length - first.length
  return {
    kind: 'failed',
    severity: 'warning',
    subject,
    about: run.operation,
    title: `${operationName(run.operation)} of ${subjectText(subject)} is incomplete: ${countOf(problems.length, 'problem')}`,
    detail: [
      'What could be done was done; the rest is missing:',
      ...first,
      ...(rest > 0 ? [`- and ${rest} more: \`holdfast runs\` shows them`] : []),
    ].join('\n'),
    figures: { problems: problems.length },
  }
}

function operationName(operation: Operation): string {
  const names = { backup: 'backup', copy: 'copy', forget: 'retention', prune: 'prune', check: 'check', verify: 'proof' }
  return operation === 'restore' ? operation : names[operation]
}
