import { lesserRole, type Role } from '@holdfast/core/access/role'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Catalogue } from '../catalogue/catalogue.ts'
import { checkAccessName } from './access-name.ts'
import { createSecret, hashSecret } from './secret-text.ts'
import type { TokenRecord } from './token-record.ts'

/** What every token begins with, so that one that got out is found by those who look for such things. */
export const tokenPrefix = 'hf_'
/** its last use is written down so often at most */
const useStepMs = 60_000

type Stores = Pick<Catalogue, 'tokens' | 'users'>

export interface TokenDraft {
  readonly name: string
  readonly role: Role
  readonly owner?: string
  readonly sources?: readonly string[]
  /** absent: until it is revoked */
  readonly lifetimeMs?: number
}

/** A token as it is shown, this once. Fails with ACCESS_NAME_INVALID, TOKEN_EXISTS. */
export async function createToken(
  draft: TokenDraft,
  { tokens }: Pick<Stores, 'tokens'>,
  ctx: Context,
): Promise<{ readonly secret: string; readonly token: TokenRecord }> {
  const { lifetimeMs, ...rest } = draft
  const name = checkAccessName(draft.name)
  const secret = createSecret(tokenPrefix)
  const createdAt = ctx.now()
  const token: TokenRecord = {
    ...rest,
    ...{ name, createdAt, secretHash: hashSecret(secret) },
    ...(lifetimeMs !== undefined && { expiresAt: new Date(createdAt.getTime() + lifetimeMs) }),
  }
  if (!(await tokens.add(token))) throw new AppError('TOKEN_EXISTS', { token: name })
  return { secret, token }
}

/**
 * What the bearer of a token may do now: no more than its owner may now. Undefined when it is unknown or expired, or its
 * owner is gone.
 */
export async function readToken(
  secret: string,
  { tokens, users }: Stores,
  ctx: Context,
): Promise<Pick<TokenRecord, 'name' | 'role' | 'sources'> | undefined> {
  if (!secret.startsWith(tokenPrefix)) return undefined
  const token = await tokens.byHash(hashSecret(secret))
  const now = ctx.now()
  if (token === undefined || (token.expiresAt !== undefined && token.expiresAt <= now)) return undefined
  const owner = token.owner === undefined ? undefined : await users.get(token.owner)
  if (token.owner !== undefined && owner === undefined) return undefined
  if (token.usedAt === undefined || now.getTime() - token.usedAt.getTime() >= useStepMs) {
    await tokens.used(token.name, now)
  }
  const { name, sources } = token
  const role = owner === undefined ? token.role : lesserRole(token.role, owner.role)
  return { name, role, ...(sources !== undefined && { sources }) }
}

/** Fails with TOKEN_UNKNOWN. */
export async function revokeToken(name: string, { tokens }: Pick<Stores, 'tokens'>): Promise<void> {
  if (!(await tokens.remove(name))) throw new AppError('TOKEN_UNKNOWN', { token: name })
}
