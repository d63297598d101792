import type { Facts } from '../../planning/facts.ts'
import { newestSnapshots } from '../newest-snapshot.ts'
import type { Detector } from '../detector.ts'
import type { Observation } from '../finding.ts'
import { parseDiscovered } from '../noted-state.ts'
import { agoText } from '../wording.ts'

/**
 * Something could be lost because nobody keeps it: a source without any backup, a source that was taken out of the
 * configuration, a service that discovery has seen and the configuration does not name.
 */
export const detectUnprotected: Detector = ({ facts }) => ({
  observations: [...withoutBackup(facts), ...leftBehind(facts), ...discovered(facts)],
  unseen: [],
})

function withoutBackup({ config, snapshots, activeRuns }: Facts): Observation[] {
  const kept = newestSnapshots(snapshots)
  const begun = new Set(activeRuns.filter(({ operation }) => operation === 'backup').map(({ source }) => source))
  return [...config.sources.values()]
    .filter(({ name }) => !kept.has(name) && !begun.has(name))
    .map(({ name, rpoMs }) => ({
      kind: 'unprotected',
      severity: rpoMs === undefined ? 'warning' : 'critical',
      subject: { source: name },
      title: `there is no backup of ${name}`,
      detail: `It is in the configuration, but no repository holds a backup of it, and none is being made. Make one with \`holdfast run backup ${name}\` and see what it says.`,
      figures: {},
    }))
}

function leftBehind({ config, snapshots, now }: Facts): Observation[] {
  return [...newestSnapshots(snapshots)]
    .filter(([source]) => !config.sources.has(source))
    .map(([source, newest]) => ({
      kind: 'unprotected',
      severity: 'info',
      subject: { source },
      title: `${source} is no longer in the configuration; its newest backup was made ${agoText(newest, now)}`,
      detail:
        'Nothing backs it up and nothing removes its backups. Put it back, or remove them by hand with `holdfast forget` when they are not needed any more.',
      figures: { ageMs: now.getTime() - newest.getTime() },
    }))
}

function discovered({ marks }: Facts): Observation[] {
  return [...marks]
    .filter(([key]) => key.startsWith('discovered/'))
    .flatMap(([key, value]) => {
      const noted = parseDiscovered(value)
      if (noted === undefined) return []
      return [
        {
          kind: 'unprotected' as const,
          severity: 'warning' as const,
          subject: {},
          about: key.slice('discovered/'.length),
          title: noted.title,
          detail: noted.detail,
          figures: {},
        },
      ]
    })
}
