import type { Role } from '@holdfast/core/access/role'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Catalogue } from '../catalogue/catalogue.ts'
import { checkAccessName, isAccessName } from './access-name.ts'
import { hashPassword, matchesPassword } from './password.ts'
import type { UserChange, UserRecord } from './user-record.ts'

type Stores = Pick<Catalogue, 'users'>

/** Fails with ACCESS_NAME_INVALID, PASSWORD_UNFIT, USER_EXISTS. */
export async function createUser(
  draft: { readonly name: string; readonly role: Role; readonly password: string },
  { users }: Stores,
  ctx: Context,
): Promise<UserRecord> {
  const name = checkAccessName(draft.name)
  const password = await hashPassword(draft.password, name)
  const user = { name, role: draft.role, password, createdAt: ctx.now() }
  if (!(await users.add(user))) throw new AppError('USER_EXISTS', { user: name })
  return user
}

/** The user whose password this is. Takes as long for one who does not exist. */
export async function checkPassword(
  { name, password }: { readonly name: string; readonly password: string },
  { users }: Stores,
): Promise<UserRecord | undefined> {
  const known = name.toLowerCase()
  const user = isAccessName(known) ? await users.get(known) : undefined
  return (await matchesPassword(password, user?.password)) ? user : undefined
}

/** Ends the sessions of the user. Fails with USER_UNKNOWN, ADMIN_NEEDED. */
export async function changeRole(name: string, role: Role, { users }: Stores): Promise<void> {
  refuse(await users.change(name, { role }), name)
}

/** Ends the sessions of the user. Fails with USER_UNKNOWN, USER_SIGNS_IN_ELSEWHERE, PASSWORD_UNFIT. */
export async function changePassword(name: string, password: string, { users }: Stores): Promise<void> {
  const user = await users.get(name)
  if (user?.subject !== undefined) throw new AppError('USER_SIGNS_IN_ELSEWHERE', { user: name })
  if (user === undefined) throw new AppError('USER_UNKNOWN', { user: name })
  refuse(await users.change(name, { password: await hashPassword(password, name) }), name)
}

/** With sessions and tokens. Fails with USER_UNKNOWN, ADMIN_NEEDED. */
export async function removeUser(name: string, { users }: Stores): Promise<void> {
  refuse(await users.remove(name), name)
}

function refuse(change: UserChange, user: string): void {
  if (change === 'unknown') throw new AppError('USER_UNKNOWN', { user })
  if (change === 'last-admin') throw new AppError('ADMIN_NEEDED', { user })
}
