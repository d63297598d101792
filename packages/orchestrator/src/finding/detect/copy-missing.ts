import type { SourceSettings } from '@holdfast/core/config/effective-config'
import type { SnapshotOverview } from '../../catalogue/catalogue.ts'
import { missingCopies } from '../../planning/missing-copies.ts'
import type { Detector, View } from '../detector.ts'
import type { Observation } from '../finding.ts'
import { agoText, utcMinute } from '../wording.ts'

/** Copies take their time, and wait for each other. */
const graceMs = 2 * 3_600_000
/** While one is being made: until then it may be a great one. */
const runningGraceMs = 24 * 3_600_000
/** Behind by so much, a copy is of little use when the other one is lost. */
const criticalMs = 7 * 86_400_000

/** The newest backup of a source does not lie in all the repositories that it should. */
export const detectCopyMissing: Detector = (view) => {
  const held = Map.groupBy(view.facts.snapshots, ({ source }) => source)
  return {
    observations: [...view.facts.config.sources.values()].flatMap((source) => {
      const overview = held.get(source.name) ?? []
      return missingCopies(source, overview).flatMap(({ from, to }) =>
        judge(source, from, { repository: to, own: overview.find(({ repository }) => repository === to) }, view),
      )
    }),
    unseen: [],
  }
}

function judge(
  source: SourceSettings,
  { newest }: SnapshotOverview,
  { repository, own }: { readonly repository: string; readonly own: SnapshotOverview | undefined },
  { facts }: View,
): Observation[] {
  const isCopying = facts.activeRuns.some(
    (run) => run.operation === 'copy' && run.source === source.name && run.repository === repository,
  )
  const waitingMs = facts.now.getTime() - newest.getTime()
  if (waitingMs <= (isCopying ? runningGraceMs : graceMs)) return []
  const behindMs = newest.getTime() - (own?.newest.getTime() ?? 0)
  return [
    {
      kind: 'copy-missing',
      severity: own === undefined || behindMs > criticalMs ? 'critical' : 'warning',
      subject: { source: source.name, repository },
      title:
        own === undefined
          ? `repository ${repository} holds no backup of ${source.name}`
          : `repository ${repository} has not the newest backup of ${source.name}`,
      detail: [
        `The newest is of ${utcMinute(newest)}${own === undefined ? '' : `, the newest there was made ${agoText(own.newest, facts.now)}`}.`,
        `It is copied again by itself; \`holdfast run copy ${source.name}\` does it now and says what keeps it.`,
      ].join('\n'),
      figures: { waitingMs, ...(own === undefined ? {} : { behindMs }) },
    },
  ]
}
