import type { RouteReply } from '@holdfast/api/route'
import type { Routes } from '@holdfast/api/routes'
import { AppError } from '@holdfast/core/errors/app-error'
import { changePassword, changeRole, createUser, removeUser } from '@holdfast/orchestrator/access/user'
import type { UserRecord } from '@holdfast/orchestrator/access/user-record'
import type { AnswersOf } from '../api/answers-of.ts'
import type { ApiSurroundings } from '../api/api-surroundings.ts'
import { requireUnlimited } from '../api/seen-by.ts'

export function createUserAnswers({ catalogue }: Pick<ApiSurroundings, 'catalogue'>): AnswersOf<'users'> {
  const viewOf = async (name: string): Promise<UserView> => {
    const user = await catalogue.users.get(name)
    if (user === undefined) throw new AppError('USER_UNKNOWN', { user: name })
    return userView(user)
  }
  return {
    async 'users.list'(_input, caller) {
      requireUnlimited(caller)
      return { users: (await catalogue.users.list()).map(userView) }
    },
    async 'users.add'({ body }, caller, ctx) {
      requireUnlimited(caller)
      return userView(await createUser(body, catalogue, ctx))
    },
    async 'users.role'({ params, body }, caller) {
      requireUnlimited(caller)
      const user = params.user.toLowerCase()
      await changeRole(user, body.role, catalogue)
      return await viewOf(user)
    },
    async 'users.password'({ params, body }, caller) {
      requireUnlimited(caller)
      const user = params.user.toLowerCase()
      await changePassword(user, body.password, catalogue)
      return await viewOf(user)
    },
    async 'users.remove'({ params }, caller) {
      requireUnlimited(caller)
      await removeUser(params.user.toLowerCase(), catalogue)
      return {}
    },
  }
}

type UserView = RouteReply<Routes['users.add']>

function userView({ name, role, subject, createdAt }: UserRecord): UserView {
  return { name, role, signsIn: subject === undefined ? 'password' : 'provider', createdAt: createdAt.toISOString() }
}
