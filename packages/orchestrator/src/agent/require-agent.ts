import type { AgentSettings, EffectiveConfig } from '@holdfast/core/config/effective-config'
import { AppError } from '@holdfast/core/errors/app-error'
import { nearestName } from '@holdfast/core/text/nearest-name'

/** What the configuration says of an agent. Fails with AGENT_UNKNOWN. */
export function requireAgent({ agents }: Pick<EffectiveConfig, 'agents'>, name: string): AgentSettings {
  const found = agents.get(name)
  if (found !== undefined) return found
  const nearest = nearestName(name, agents.keys())
  const all = [...agents.keys()].join(', ')
  const suggestion =
    nearest !== undefined
      ? `Did you mean ${nearest}?`
      : all === ''
        ? 'Name it below `agents` in the configuration of the server.'
        : `There are: ${all}.`
  throw new AppError('AGENT_UNKNOWN', { name, suggestion })
}
