import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import { type AgentSight, agentMark, parseEnrolment, parseInvitation, parseSight } from './agent-marks.ts'

/** An agent that says nothing for so long is away. */
export const awayAfterMs = 5 * 60_000

/** `unknown`: nobody has been let in under this name; `removed` from the configuration, but still has a secret. */
export type AgentState = 'unknown' | 'invited' | 'connected' | 'away' | 'removed'

export interface AgentListing {
  readonly name: string
  readonly state: AgentState
  readonly gateway: 'off' | 'append-only' | 'write-only'
  /** what it backs up */
  readonly sources: readonly string[]
  readonly enrolledAt?: Date
  readonly seen?: AgentSight
}

/** Every agent of the configuration, and those that were let in and are not in it any more. Pure. */
export function listAgents(
  config: Pick<EffectiveConfig, 'agents' | 'sources'>,
  marks: ReadonlyMap<string, string>,
  now: Date,
): AgentListing[] {
  const enrolledPrefix = agentMark.enrolled('')
  const enrolled = [...marks.keys()].filter((key) => key.startsWith(enrolledPrefix))
  const names = new Set([...config.agents.keys(), ...enrolled.map((key) => key.slice(enrolledPrefix.length))])
  return [...names].toSorted().map((name) => {
    const enrolment = parseEnrolment(marks.get(agentMark.enrolled(name)))
    const seen = parseSight(marks.get(agentMark.seen(name)))
    const settings = config.agents.get(name)
    return {
      name,
      state: settings === undefined ? 'removed' : stateOf(name, marks, now),
      gateway: settings?.gateway ?? 'off',
      sources: [...config.sources.values()].filter(({ agent }) => agent === name).map((source) => source.name),
      ...(enrolment === undefined ? {} : { enrolledAt: enrolment.at }),
      ...(seen === undefined ? {} : { seen }),
    }
  })
}

function stateOf(name: string, marks: ReadonlyMap<string, string>, now: Date): AgentState {
  if (parseEnrolment(marks.get(agentMark.enrolled(name))) !== undefined) {
    const seen = parseSight(marks.get(agentMark.seen(name)))
    return seen !== undefined && now.getTime() - seen.at.getTime() < awayAfterMs ? 'connected' : 'away'
  }
  const invitation = parseInvitation(marks.get(agentMark.invited(name)))
  const isOpen = invitation !== undefined && invitation.usedAt === undefined && invitation.expiresAt > now
  return isOpen ? 'invited' : 'unknown'
}
