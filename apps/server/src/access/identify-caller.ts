import type { Caller } from '@holdfast/api/caller'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { readSession } from '@holdfast/orchestrator/access/session'
import { readToken, tokenPrefix } from '@holdfast/orchestrator/access/token'
import type { AccessSurroundings } from './access-surroundings.ts'

/** Whose token or agent's secret this is. Fails with CREDENTIAL_REFUSED. */
export async function callerOfSecret(
  secret: string,
  { catalogue, readAgentSecret }: AccessSurroundings,
  ctx: Context,
): Promise<Caller> {
  if (secret.startsWith(tokenPrefix)) {
    const token = await readToken(secret, catalogue, ctx)
    if (token !== undefined) return { kind: 'token', ...token }
  } else {
    const agent = await readAgentSecret(secret)
    if (agent !== undefined) return { kind: 'agent', name: agent, role: 'agent' }
  }
  throw new AppError('CREDENTIAL_REFUSED', {})
}

/** Whose session this is; undefined when it is over. */
export async function callerOfSession(
  session: string,
  use: { readonly isUse: boolean },
  { catalogue }: Pick<AccessSurroundings, 'catalogue'>,
  ctx: Context,
): Promise<Caller | undefined> {
  const user = await readSession(session, use, catalogue, ctx)
  return user && { kind: 'user', name: user.name, role: user.role }
}
