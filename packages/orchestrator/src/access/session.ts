import type { Context } from '@holdfast/core/context'
import type { Catalogue } from '../catalogue/catalogue.ts'
import { createSecret, hashSecret } from './secret-text.ts'
import type { UserRecord } from './user-record.ts'

/** A session ends when it was not used for so long, and when it is so old. */
export const sessionIdleMs = 12 * 3_600_000
export const sessionAgeMs = 7 * 24 * 3_600_000
/** its last use is written down so often at most */
const useStepMs = 60_000

type Stores = Pick<Catalogue, 'sessions' | 'users'>

/** @returns what the browser is given: always another, so that nobody can have planted it there before */
export async function openSession(user: string, { sessions }: Stores, ctx: Context): Promise<string> {
  const now = ctx.now()
  await trimSessions({ sessions }, ctx)
  const secret = createSecret('')
  await sessions.add({ secretHash: hashSecret(secret), user, openedAt: now, usedAt: now })
  return secret
}

/**
 * The user as it is now; undefined when the session is over or was none. `isUse`: whether somebody has just asked for
 * something, which makes the session last.
 */
export async function readSession(
  secret: string,
  { isUse }: { readonly isUse: boolean },
  { sessions, users }: Stores,
  ctx: Context,
): Promise<UserRecord | undefined> {
  const secretHash = hashSecret(secret)
  const session = await sessions.get(secretHash)
  if (session === undefined) return undefined
  const now = ctx.now().getTime()
  const idleMs = now - session.usedAt.getTime()
  if (idleMs >= sessionIdleMs || now - session.openedAt.getTime() >= sessionAgeMs) {
    await sessions.remove(secretHash)
    return undefined
  }
  if (isUse && idleMs >= useStepMs) await sessions.used(secretHash, ctx.now())
  return await users.get(session.user)
}

export async function closeSession(secret: string, { sessions }: Pick<Stores, 'sessions'>): Promise<boolean> {
  return await sessions.remove(hashSecret(secret))
}

async function trimSessions({ sessions }: Pick<Stores, 'sessions'>, ctx: Context): Promise<void> {
  const now = ctx.now().getTime()
  await sessions.trim({ usedAt: new Date(now - sessionIdleMs), openedAt: new Date(now - sessionAgeMs) })
}
