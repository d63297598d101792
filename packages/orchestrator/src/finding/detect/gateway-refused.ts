import { parseMarkFields } from '../../catalogue/mark-fields.ts'
import type { Detector } from '../detector.ts'
import { agoText } from '../wording.ts'

/** It is told for so long after the last time. */
const toldMs = 7 * 86_400_000

/** The mark that holds what an agent was refused last: `{ at, what }`. */
export function gatewayRefusalMark(agent: string): string {
  return `gateway-refused/${agent}`
}

/** Agents that asked the gateway for what no honest one asks for. */
export const detectGatewayRefused: Detector = ({ facts: { config, marks, now } }) => ({
  observations: [...config.agents.keys()].flatMap((name) => {
    const fields = parseMarkFields(marks.get(gatewayRefusalMark(name)))
    const [at, what] = [fields?.date('at'), fields?.text('what')]
    if (at === undefined || what === undefined || now.getTime() - at.getTime() > toldMs) return []
    return [
      {
        kind: 'agent-refused' as const,
        severity: 'warning' as const,
        subject: {},
        about: `${name}/gateway`,
        title: `agent ${name} tried what it may not do to a repository`,
        detail: `${agoText(at, now)}: ${what}. Nothing was altered. If nobody has run \`forget\`, \`prune\`, \`key\` or the like on its machine, take that for hijacked: run \`holdfast agent remove ${name}\`, look at what its last backups hold before they become the only ones, and let it in again from a clean machine.`,
        figures: {},
      },
    ]
  }),
  unseen: [],
})
