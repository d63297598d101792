import type { SourceSettings } from '@holdfast/core/config/effective-config'
import { countOf } from '@holdfast/core/units/count-of'
import { formatSize } from '@holdfast/core/units/size'
import type { Facts } from '../../planning/facts.ts'
import type { EndedRun } from '../../run/run.ts'
import { type ArchivedState, parseArchivedState } from '../archived-state.ts'
import type { Detector } from '../detector.ts'
import type { FindingSubject, Observation } from '../finding.ts'
import { subjectText } from '../finding-key.ts'

const archiveCodes = new Set(['RESTORE_ARCHIVED', 'STORAGE_ARCHIVED'])

/** Whether a run could not go on because the store has archived what it had to read. */
export function isAboutArchive({ state, error }: EndedRun): boolean {
  return state === 'failed' && archiveCodes.has(error?.code ?? '')
}

/**
 * Something lies in an archive of the store, where it cannot be read for hours: worth knowing before a restore, a warning
 * where that breaks a promised RTO or keeps proofs and copies from being made.
 */
export const detectArchived: Detector = ({ facts }) => ({
  observations: [...facts.endedRuns.flatMap((run) => stoppedRun(run, facts)), ...archivedRepositories(facts)],
  unseen: [],
})

function stoppedRun(run: EndedRun, { config }: Facts): Observation[] {
  const { source, repository, operation, error } = run
  const isKnown = source === undefined ? config.repositories.has(repository ?? '') : config.sources.has(source)
  if (!isAboutArchive(run) || !isKnown) return []
  const subject: FindingSubject = source === undefined ? { repository: repository ?? '' } : { source }
  const name = operation === 'verify' ? 'proof' : operation
  return [
    {
      kind: 'archived',
      severity: 'warning',
      subject,
      about: operation,
      title: `${name} of ${subjectText(subject)} could not be made: what it reads is archived`,
      detail: [
        `${error?.message ?? ''}.`,
        error?.hint ?? '',
        'What is to be proven or copied regularly should lie in a class that can be read at once.',
      ].join('\n'),
      figures: {},
    },
  ]
}

function archivedRepositories(facts: Facts): Observation[] {
  return [...facts.config.repositories.keys()].flatMap((repository) => {
    const state = parseArchivedState(facts.marks.get(`archived/${repository}`))
    return state === undefined ? [] : [archivedRepository(repository, state, facts)]
  })
}

function archivedRepository(repository: string, state: ArchivedState, facts: Facts): Observation {
  const { packs, bytes, classes, hours } = state
  const late = [...facts.config.sources.values()].filter((source) => isTooLate(source, repository, facts))
  const names = late.map(({ name }) => name).join(', ')
  return {
    kind: 'archived',
    severity: late.length > 0 ? 'warning' : 'info',
    subject: { repository },
    title: `a restore from ${repository} has to wait up to ${hours} h: ${countOf(packs, 'pack')} in ${classes}`,
    detail: [
      `${formatSize(bytes)} of it cannot be read before it was brought back. \`holdfast restore … --dry-run\` says what a restore needs, \`--request-archived\` asks for it.`,
      ...(late.length === 0
        ? []
        : [
            `The RTO of ${names} is shorter than that, and no other repository holds a copy that can be read at once. Add one, or promise less.`,
          ]),
    ].join('\n'),
    figures: { packs, bytes, hours, sourcesTooLate: late.length },
  }
}

/** Everywhere that a source lies, a restore has to wait longer than promised. */
function isTooLate({ name, rtoMs }: SourceSettings, repository: string, { snapshots, marks }: Facts): boolean {
  if (rtoMs === undefined) return false
  const held = snapshots.filter(({ source }) => source === name).map((snapshot) => snapshot.repository)
  const waitMs = (place: string): number => (parseArchivedState(marks.get(`archived/${place}`))?.hours ?? 0) * 3_600_000
  return held.includes(repository) && held.every((place) => waitMs(place) > rtoMs)
}
