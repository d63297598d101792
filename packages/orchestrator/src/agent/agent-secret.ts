import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/**
 * Secrets of agents, which name the agent that they are of: "hfagent.<name>.<random>" is what an agent proves itself with,
 * "hfenrol.<name>.<random>" gets it in once. The name is base64url, since names hold any letters.
 */
const kinds = { agent: 'hfagent', enrolment: 'hfenrol' } as const
export type AgentSecretKind = keyof typeof kinds

/** As many as a key of AES-256 has: nobody guesses it, so that a plain hash keeps it. */
const randomBytesCount = 32
const longestName = 63

export function makeAgentSecret(kind: AgentSecretKind, agent: string): string {
  const random = randomBytes(randomBytesCount).toString('base64url')
  return `${kinds[kind]}.${Buffer.from(agent).toString('base64url')}.${random}`
}

/** The agent that a secret says to be of, which proves nothing yet; undefined for any other text. */
export function agentNamedBy(secret: string, kind: AgentSecretKind): string | undefined {
  const [prefix, name = '', random = '', ...more] = secret.slice(0, 512).split('.')
  if (prefix !== kinds[kind] || more.length > 0 || !/^[\w-]{43}$/.test(random)) return undefined
  const agent = Buffer.from(name, 'base64url').toString('utf8')
  const isWhole = agent !== '' && agent.length <= longestName && Buffer.from(agent).toString('base64url') === name
  return isWhole ? agent : undefined
}

/** SHA-256 in hex: what a catalogue keeps of a secret. */
export function digestOfSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/** Takes as long for each pair of digests. */
export function isSameDigest(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left, 'hex'), Buffer.from(right, 'hex')]
  return a.length === 32 && b.length === 32 && timingSafeEqual(a, b)
}
