import { type MarkFields, parseMarkFields } from '../catalogue/mark-fields.ts'

/** An invitation that was written for an agent. */
export interface AgentInvitation {
  /** of the enrolment token, SHA-256 */
  readonly digest: string
  readonly expiresAt: Date
  readonly usedAt?: Date | undefined
  /** of the secret that it was used for */
  readonly usedFor?: string | undefined
  /** somebody else tried it again */
  readonly reusedAt?: Date | undefined
}

/** An agent that has been let in. */
export interface AgentEnrolment {
  /** of its secret, SHA-256 */
  readonly digest: string
  readonly at: Date
  /** of the process that is at work; undefined before the first has begun */
  readonly stamp?: AgentStamp | undefined
}

/** What tells the newest process of an agent from older ones, and from copies of its state directory. */
export interface AgentStamp {
  /** what it was given last */
  readonly number: number
  readonly instance: string
}

/** A process that had the secret of an agent while another was at work. */
export interface AgentCopy {
  readonly at: Date
  readonly address: string
}

/** How an agent was seen last, by the server's clock. */
export interface AgentSight {
  readonly at: Date
  readonly version: string
  readonly instance: string
  readonly address: string
}

/** Why an agent that knows its secret is not talked to. */
export interface AgentRefusal {
  readonly at: Date
  readonly version: string
  readonly protocol: number
}

const prefix = 'agents/'

/** Marks of the catalogue that hold what is known of agents. */
export const agentMark = {
  invited: (name: string): string => `${prefix}invited/${name}`,
  enrolled: (name: string): string => `${prefix}enrolled/${name}`,
  seen: (name: string): string => `${prefix}seen/${name}`,
  refused: (name: string): string => `${prefix}refused/${name}`,
  copied: (name: string): string => `${prefix}copied/${name}`,
}

export function parseInvitation(text: string | undefined): AgentInvitation | undefined {
  const fields = parseMarkFields(text)
  const [digest, expiresAt] = [fields?.text('digest'), fields?.date('expiresAt')]
  if (fields === undefined || digest === undefined || expiresAt === undefined) return undefined
  const [usedAt, usedFor, reusedAt] = [fields.date('usedAt'), fields.text('usedFor'), fields.date('reusedAt')]
  return { digest, expiresAt, usedAt, usedFor, reusedAt }
}

export function parseEnrolment(text: string | undefined): AgentEnrolment | undefined {
  const fields = parseMarkFields(text)
  const [digest, at] = [fields?.text('digest'), fields?.date('at')]
  if (digest === undefined || at === undefined) return undefined
  const stamp = fields?.object('stamp')
  const [number, instance] = [stamp?.number('number'), stamp?.text('instance')]
  const isStamped = number !== undefined && instance !== undefined
  return { digest, at, ...(isStamped && { stamp: { number, instance } }) }
}

export function parseCopy(text: string | undefined): AgentCopy | undefined {
  const fields = parseMarkFields(text)
  const at = fields?.date('at')
  return fields === undefined || at === undefined ? undefined : { at, address: wordOf(fields, 'address') }
}

export function parseSight(text: string | undefined): AgentSight | undefined {
  const fields = parseMarkFields(text)
  const at = fields?.date('at')
  if (fields === undefined || at === undefined) return undefined
  return {
    at,
    version: wordOf(fields, 'version'),
    instance: wordOf(fields, 'instance'),
    address: wordOf(fields, 'address'),
  }
}

export function parseRefusal(text: string | undefined): AgentRefusal | undefined {
  const fields = parseMarkFields(text)
  const [at, protocol] = [fields?.date('at'), fields?.number('protocol')]
  if (fields === undefined || at === undefined || protocol === undefined) return undefined
  return { at, protocol, version: wordOf(fields, 'version') }
}

function wordOf(fields: MarkFields, name: string): string {
  return fields.text(name) ?? ''
}
