import { formatSize } from '@holdfast/core/units/size'
import { type AgentVolume, dayBefore, parseVolume, volumeMark } from '../../agent/agent-volume.ts'
import type { Facts } from '../../planning/facts.ts'
import type { Detector } from '../detector.ts'
import type { Observation } from '../finding.ts'
import { agoText } from '../wording.ts'

/** A day is unusual with so many times the most of those before, if that is so much more as well. */
const unusualTimes = 3
const unusualMoreBytes = 1 << 30
/** It is judged once so much is known: what comes first is all of it. */
const knownDays = 3
const knownForDays = 7
const comparedDays = 30
const refusedToldMs = 86_400_000

/** Agents that store much more through the gateway than they used to, or than they may: they may be filling it. */
export const detectAgentVolume: Detector = ({ facts }) => ({
  observations: [...facts.config.agents.keys()].flatMap((name) => {
    const volume = parseVolume(facts.marks.get(volumeMark(name)))
    return [...stopped(name, volume, facts), ...unusual(name, volume, facts)]
  }),
  unseen: [],
})

function stopped(name: string, { refusedAt }: AgentVolume, { config, now }: Facts): Observation[] {
  const limitBytes = config.agents.get(name)?.storesPerDayBytes
  if (limitBytes === undefined || refusedAt === undefined) return []
  if (now.getTime() - refusedAt.getTime() > refusedToldMs) return []
  return [
    {
      kind: 'agent-stores-much',
      severity: 'warning',
      subject: {},
      about: `${name}/limit`,
      title: `agent ${name} has stored all that it may in a day`,
      detail: `More than ${formatSize(limitBytes)} was refused ${agoText(refusedAt, now)}; its backups fail until the next day (UTC). If its data has grown so, raise \`agents.${name}.storesPerDay\`; if not, look at what its last backups hold: whoever has taken over a machine may fill the store.`,
      figures: { limitBytes },
    },
  ]
}

/** Today, or yesterday, so that it is told for a day at least. */
function unusual(name: string, volume: AgentVolume, { now }: Facts): Observation[] {
  const found = [0, 1].flatMap((ago) => unusualDay(volume, now, ago) ?? [])[0]
  if (found === undefined) return []
  const { day, bytes, mostBytes } = found
  return [
    {
      kind: 'agent-stores-much',
      severity: 'warning',
      subject: {},
      about: `${name}/unusual`,
      title: `agent ${name} stores much more than it used to`,
      detail: `${formatSize(bytes)} on ${day} (UTC), and ${formatSize(mostBytes)} at most on a day of the month before. If nothing explains that, look at what its last backups hold: whoever has taken over a machine may fill the store. \`agents.${name}.storesPerDay\` sets a limit; \`holdfast agent remove ${name}\` ends it.`,
      figures: { bytes, mostBytes },
    },
  ]
}

function unusualDay({ days }: AgentVolume, now: Date, ago: number) {
  const day = dayBefore(now, ago)
  const bytes = days.get(day) ?? 0
  const [earliest, knownBy] = [dayBefore(now, ago + comparedDays), dayBefore(now, ago + knownForDays)]
  const before = [...days].filter(([each]) => each >= earliest && each < day)
  if (before.length < knownDays || !before.some(([each]) => each <= knownBy)) return undefined
  const mostBytes = Math.max(...before.map(([, each]) => each))
  const isUnusual = bytes > mostBytes * unusualTimes && bytes - mostBytes > unusualMoreBytes
  return isUnusual ? { day, bytes, mostBytes } : undefined
}
