import { countOf } from '@holdfast/core/units/count-of'
import {
  agentMark,
  parseCopy,
  parseEnrolment,
  parseInvitation,
  parseRefusal,
  parseSight,
} from '../../agent/agent-marks.ts'
import { awayAfterMs } from '../../agent/list-agents.ts'
import type { Facts } from '../../planning/facts.ts'
import type { Detector } from '../detector.ts'
import type { Observation } from '../finding.ts'
import { agoText } from '../wording.ts'

/** A copy that was refused is told for so long after the last time. */
const copyToldMs = 86_400_000
/** A token that was used twice is told for so long. */
const reuseToldMs = 7 * 86_400_000

/** Agents that back up nothing because they are away, or because they are not talked to. */
export const detectAgent: Detector = ({ facts }) => ({
  observations: [...facts.config.agents.keys()].flatMap((name) => [
    ...away(name, facts),
    ...refused(name, facts),
    ...tokenReused(name, facts),
    ...copied(name, facts),
  ]),
  unseen: [],
})

function away(name: string, { config, marks, now }: Facts): Observation[] {
  const sources = [...config.sources.values()].filter(({ agent }) => agent === name)
  const seen = parseSight(marks.get(agentMark.seen(name)))
  if (sources.length === 0 || (seen !== undefined && now.getTime() - seen.at.getTime() < awayAfterMs)) return []
  const isEnrolled = parseEnrolment(marks.get(agentMark.enrolled(name))) !== undefined
  const mend = isEnrolled
    ? 'Look on its machine whether `holdfast agent` runs and reaches the server; its log says why not.'
    : `Nobody has been let in under this name: run \`holdfast agent add ${name}\`, and start \`holdfast agent\` on its machine with the token.`
  return [
    {
      kind: 'agent-away',
      severity: 'warning',
      subject: {},
      about: name,
      title:
        seen === undefined
          ? `agent ${name} has never connected`
          : `agent ${name} was last seen ${agoText(seen.at, now)}`,
      detail: `It backs up ${countOf(sources.length, 'source')} (${sources.map((source) => source.name).join(', ')}), which nobody else does. ${mend}`,
      figures: seen === undefined ? {} : { ageMs: now.getTime() - seen.at.getTime() },
    },
  ]
}

/** What it said last counts: one that was let in since speaks the right protocol. */
function refused(name: string, { marks, now }: Facts): Observation[] {
  const refusal = parseRefusal(marks.get(agentMark.refused(name)))
  const seen = parseSight(marks.get(agentMark.seen(name)))
  if (refusal === undefined || (seen !== undefined && seen.at >= refusal.at)) return []
  return [
    {
      kind: 'agent-refused',
      severity: 'warning',
      subject: {},
      about: `${name}/protocol`,
      title: `agent ${name} has another version than the server, and is not talked to`,
      detail: `It came ${agoText(refusal.at, now)} with version ${refusal.version} and protocol ${refusal.protocol}. Install the same version of Holdfast on both.`,
      figures: { protocol: refusal.protocol },
    },
  ]
}

function tokenReused(name: string, { marks, now }: Facts): Observation[] {
  const { usedAt, reusedAt } = parseInvitation(marks.get(agentMark.invited(name))) ?? {}
  if (usedAt === undefined || reusedAt === undefined || now.getTime() - reusedAt.getTime() > reuseToldMs) return []
  return [
    {
      kind: 'agent-refused',
      severity: 'warning',
      subject: {},
      about: `${name}/token`,
      title: `the enrolment token of agent ${name} was tried a second time`,
      detail: `It was used ${agoText(usedAt, now)} and tried again ${agoText(reusedAt, now)}, which was refused. One of the two was not yours to use, perhaps the first: if so, \`holdfast agent remove ${name}\`, then let it in with a new token.`,
      figures: {},
    },
  ]
}

function copied(name: string, { marks, now }: Facts): Observation[] {
  const copy = parseCopy(marks.get(agentMark.copied(name)))
  if (copy === undefined || now.getTime() - copy.at.getTime() > copyToldMs) return []
  const seen = parseSight(marks.get(agentMark.seen(name)))
  const atWork =
    seen === undefined ? '' : ` The one at work was last seen ${agoText(seen.at, now)} from ${seen.address}.`
  return [
    {
      kind: 'agent-refused',
      severity: 'warning',
      subject: {},
      about: `${name}/copy`,
      title: `two machines have the secret of agent ${name}`,
      detail: `${agoText(copy.at, now)} a process with that secret was refused, which came from ${copy.address}, since another is or was at work.${atWork} Was its state directory copied, or restored from a backup? Then run the agent in one place only; if that is where it is refused, let it in anew there with \`holdfast agent add ${name}\`. If you know of no copy, the secret was stolen: do the same at once.`,
      figures: {},
    },
  ]
}
