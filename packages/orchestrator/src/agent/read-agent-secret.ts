import type { Catalogue } from '../catalogue/catalogue.ts'
import { agentMark, parseEnrolment } from './agent-marks.ts'
import { agentNamedBy, digestOfSecret, isSameDigest } from './agent-secret.ts'

/**
 * The name of the agent whose secret this is; undefined when it is no agent's, or of one that was removed. Whether the
 * configuration still knows the agent is for whoever asks.
 */
export async function readAgentSecret(
  secret: string,
  catalogue: Pick<Catalogue, 'marks'>,
): Promise<string | undefined> {
  const name = agentNamedBy(secret, 'agent')
  if (name === undefined) return undefined
  const enrolment = parseEnrolment(await catalogue.marks.get(agentMark.enrolled(name)))
  return enrolment !== undefined && isSameDigest(enrolment.digest, digestOfSecret(secret)) ? name : undefined
}
