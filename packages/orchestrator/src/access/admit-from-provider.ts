import type { Role } from '@holdfast/core/access/role'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Catalogue } from '../catalogue/catalogue.ts'
import { isAccessName } from './access-name.ts'
import type { UserRecord } from './user-record.ts'

/** What a provider of identities says of somebody. */
export interface ProvidedIdentity {
  /** "<issuer> <subject>": the only thing of it that stays the same */
  readonly subject: string
  /** what the user may be called, the best first */
  readonly names: readonly string[]
  /** undefined: nothing gives one */
  readonly role: Role | undefined
}

type Stores = Pick<Catalogue, 'users'>

/**
 * The user whom the provider means: known by subject, never by a name, which somebody else may be given tomorrow, and which
 * a user with a password may have. The role is what the provider says now; who has none any more is removed, with sessions
 * and tokens. Fails with PROVIDER_USER_REFUSED.
 */
export async function admitFromProvider(
  { subject, names, role }: ProvidedIdentity,
  { users }: Stores,
  ctx: Context,
): Promise<UserRecord> {
  const known = await users.bySubject(subject)
  if (role === undefined) {
    if (known !== undefined) await users.remove(known.name, { isFinal: true })
    throw new AppError('PROVIDER_USER_REFUSED', { user: known?.name ?? names[0] ?? subject })
  }
  if (known === undefined) return await addUser({ subject, names, role }, { users }, ctx)
  if (known.role !== role) await users.change(known.name, { role }, { isFinal: true })
  return { ...known, role }
}

async function addUser(
  { subject, names, role }: ProvidedIdentity & { readonly role: Role },
  { users }: Stores,
  ctx: Context,
): Promise<UserRecord> {
  const fit = names.map((name) => name.toLowerCase()).filter(isAccessName)
  for (const name of fit) {
    const user = { name, role, subject, createdAt: ctx.now() }
    if (await users.add(user)) return user
  }
  // through another window, in the same moment
  const known = await users.bySubject(subject)
  if (known !== undefined) return { ...known, role }
  throw new AppError('USER_EXISTS', { user: fit[0] ?? names[0] ?? subject })
}
