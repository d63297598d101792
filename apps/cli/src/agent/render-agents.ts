import type { AgentListing } from '@holdfast/orchestrator/agent/list-agents'
import { agoText } from '@holdfast/orchestrator/finding/wording'
import { printable } from '../output/printable.ts'
import { renderTable } from '../output/table.ts'

const columns = ['Agent', 'State', 'Gateway', 'Last seen', 'Version', 'Address', 'Sources'].map((title) => ({ title }))

const words: Readonly<Record<AgentListing['state'], string>> = {
  unknown: 'not let in yet',
  invited: 'token not used yet',
  connected: 'connected',
  away: 'away',
  removed: 'not in the configuration',
}

/** What an agent says of itself comes from outside. */
export function renderAgents(agents: readonly AgentListing[], now: Date): string {
  if (agents.length === 0) return 'there are no agents: name them below `agents` in the configuration'
  const rows = agents.map(({ name, state, gateway, sources, seen }) => [
    printable(name),
    words[state],
    gateway,
    seen === undefined ? 'never' : agoText(seen.at, now),
    printable(seen?.version ?? ''),
    printable(seen?.address ?? ''),
    sources.join(', '),
  ])
  return renderTable(columns, rows)
}

export function agentJson({ name, state, gateway, sources, enrolledAt, seen }: AgentListing) {
  return {
    message_type: 'agent',
    ...{ name, state, gateway, sources },
    ...(enrolledAt === undefined ? {} : { enrolled_at: enrolledAt.toISOString() }),
    ...(seen === undefined ? {} : { seen_at: seen.at.toISOString(), version: seen.version, address: seen.address }),
  }
}
