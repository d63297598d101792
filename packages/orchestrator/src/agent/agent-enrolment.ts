import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { MarkStore } from '../catalogue/catalogue.ts'
import { type AgentEnrolment, type AgentInvitation, agentMark, parseEnrolment, parseInvitation } from './agent-marks.ts'
import { agentNamedBy, digestOfSecret, isSameDigest, makeAgentSecret } from './agent-secret.ts'

export interface Invitation {
  /** to be given to the agent; kept nowhere */
  readonly token: string
  readonly expiresAt: Date
}

/** Lets an agent in, once and until then. An earlier invitation that was not used no longer holds. */
export async function inviteAgent(
  marks: MarkStore,
  name: string,
  validForMs: number,
  ctx: Context,
): Promise<Invitation> {
  const token = makeAgentSecret('enrolment', name)
  const expiresAt = new Date(ctx.now().getTime() + validForMs)
  const invitation: AgentInvitation = { digest: digestOfSecret(token), expiresAt }
  await marks.set(agentMark.invited(name), JSON.stringify(invitation))
  return { token, expiresAt }
}

/**
 * Takes an enrolment token and the digest of the secret that the agent has made for itself; from then on that secret is the
 * agent's, and no other. An agent that did not hear the answer may ask again; anybody else is refused, which is noted for a
 * finding. Returns the name of the agent. Fails with AGENT_TOKEN_REFUSED.
 */
export async function enrolAgent(marks: MarkStore, token: string, digest: string, ctx: Context): Promise<string> {
  const name = agentNamedBy(token, 'enrolment')
  if (name === undefined) throw refused('it is none')
  const key = agentMark.invited(name)
  const [found, now] = [await marks.get(key), ctx.now()]
  const invitation = parseInvitation(found)
  if (invitation === undefined || !isSameDigest(invitation.digest, digestOfSecret(token))) {
    throw refused('it was never made, or a newer one was made since')
  }
  if (invitation.usedAt !== undefined) return await enrolAgain(marks, name, { found, invitation }, digest, now)
  if (invitation.expiresAt <= now) throw refused('its time is over')
  const used: AgentInvitation = { ...invitation, usedAt: now, usedFor: digest }
  if (!(await marks.compareAndSet(key, found, JSON.stringify(used)))) return await enrolAgent(marks, token, digest, ctx)
  await enrol(marks, name, digest, now)
  return name
}

async function enrolAgain(
  marks: MarkStore,
  name: string,
  { found, invitation }: { readonly found: string | undefined; readonly invitation: AgentInvitation },
  digest: string,
  now: Date,
): Promise<string> {
  if (isSameDigest(invitation.usedFor ?? '', digest)) {
    // whoever took the token may have died before the agent was let in
    const known = parseEnrolment(await marks.get(agentMark.enrolled(name)))
    if (known === undefined || !isSameDigest(known.digest, digest)) await enrol(marks, name, digest, now)
    return name
  }
  await marks.compareAndSet(agentMark.invited(name), found, JSON.stringify({ ...invitation, reusedAt: now }))
  throw refused('it was used before')
}

async function enrol(marks: MarkStore, name: string, digest: string, at: Date): Promise<void> {
  const enrolment: AgentEnrolment = { digest, at }
  await marks.set(agentMark.enrolled(name), JSON.stringify(enrolment))
  // its old secret is worth nothing now, wherever copies of it are
  await marks.remove(agentMark.copied(name))
}

/** Its secret is worth nothing from now on. False when there was no such agent. */
export async function removeAgent(marks: MarkStore, name: string): Promise<boolean> {
  const { invited, enrolled, seen, refused: refusal, copied } = agentMark
  const keys = [invited, enrolled, seen, refusal, copied].map((keyOf) => keyOf(name))
  const found = await Promise.all(keys.slice(0, 2).map((key) => marks.get(key)))
  for (const key of keys) await marks.remove(key)
  return found.some((value) => value !== undefined)
}

function refused(reason: string): AppError {
  return new AppError('AGENT_TOKEN_REFUSED', { reason })
}
