import { formatDurationMs } from '@holdfast/core/units/duration'
import { toleratedFutureMs } from '../../planning/objectives.ts'
import type { Detector, View } from '../detector.ts'
import type { Observation } from '../finding.ts'
import { utcMinute } from '../wording.ts'

/** Machines that ask the same time servers differ by far less. */
const toleratedMs = 30_000
const criticalMs = 5 * 60_000

/**
 * Clocks differ: this machine's and the catalogue's, or that of a machine whose backups are of the future. Schedules,
 * retention and "how old is it" go by them.
 */
export const detectClockSkew: Detector = (view) => ({
  observations: [...catalogueClock(view), ...futureSnapshots(view)],
  unseen: [],
})

function catalogueClock({ clockOffsetMs }: View): Observation[] {
  const skewMs = Math.abs(clockOffsetMs)
  if (skewMs <= toleratedMs) return []
  return [
    {
      kind: 'clock-skew',
      severity: skewMs > criticalMs ? 'critical' : 'warning',
      subject: {},
      about: 'catalogue',
      title: `the clock of this machine is ${formatDurationMs(skewMs)} ${clockOffsetMs > 0 ? 'ahead of' : 'behind'} the catalogue's`,
      detail:
        'Schedules fire at the wrong time and leases end too early or too late. Have both machines take their time from the same servers (chrony, systemd-timesyncd), and look which of the two is wrong.',
      figures: { offsetMs: clockOffsetMs },
    },
  ]
}

function futureSnapshots({ facts }: View): Observation[] {
  return facts.snapshots.flatMap(({ source, repository, newest }) => {
    const aheadMs = newest.getTime() - facts.now.getTime()
    if (aheadMs <= toleratedFutureMs) return []
    return [
      {
        kind: 'clock-skew' as const,
        severity: aheadMs > criticalMs ? ('critical' as const) : ('warning' as const),
        subject: { source, repository },
        title: `the newest backup of ${source} is of the future: ${utcMinute(newest)}`,
        detail: `It is ${formatDurationMs(aheadMs)} ahead of this machine. Retention neither counts nor removes it, and nobody can tell how old the newest state is, so its RPO counts as broken. Correct the clock of the machine that made it, then remove the snapshot with \`holdfast forget\`.`,
        figures: { aheadMs },
      },
    ]
  })
}
