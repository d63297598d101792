import { type Caller, mayDo } from '@holdfast/api/caller'
import type { RouteReply } from '@holdfast/api/route'
import type { Routes } from '@holdfast/api/routes'
import { AppError } from '@holdfast/core/errors/app-error'
import { createToken, revokeToken } from '@holdfast/orchestrator/access/token'
import type { TokenRecord } from '@holdfast/orchestrator/access/token-record'
import type { AnswersOf } from '../api/answers-of.ts'
import type { ApiSurroundings } from '../api/api-surroundings.ts'

const dayMs = 86_400_000

export function createTokenAnswers({ catalogue }: Pick<ApiSurroundings, 'catalogue'>): AnswersOf<'tokens'> {
  return {
    async 'tokens.list'(_input, caller) {
      refuseToken(caller)
      const tokens = await catalogue.tokens.list(mayDo(caller, 'admin') ? undefined : caller.name)
      return { tokens: tokens.map(tokenView) }
    },
    async 'tokens.add'({ body }, caller, ctx) {
      refuseToken(caller)
      if (!mayDo(caller, body.role)) throw new AppError('NOT_ALLOWED', { name: caller.name, role: body.role })
      const { expiresInDays, sources, ...draft } = body
      const owner = caller.kind === 'user' ? { owner: caller.name } : {}
      const lifetime = expiresInDays === 'never' ? {} : { lifetimeMs: expiresInDays * dayMs }
      const limit = sources === undefined ? {} : { sources }
      const { token, secret } = await createToken({ ...draft, ...owner, ...lifetime, ...limit }, catalogue, ctx)
      return { token: tokenView(token), secret }
    },
    async 'tokens.revoke'({ params }, caller) {
      refuseToken(caller)
      const name = params.token.toLowerCase()
      const token = await catalogue.tokens.get(name)
      // one of somebody else looks as if there were none
      if (token?.owner !== caller.name && !mayDo(caller, 'admin')) throw new AppError('TOKEN_UNKNOWN', { token: name })
      await revokeToken(name, catalogue)
      return {}
    },
  }
}

/** One that got out must not make others that outlive it. Fails with PERSON_NEEDED. */
function refuseToken({ kind, name }: Caller): void {
  if (kind !== 'user' && kind !== 'local') throw new AppError('PERSON_NEEDED', { name })
}

function tokenView(token: TokenRecord): RouteReply<Routes['tokens.add']>['token'] {
  const { name, owner, role, sources, createdAt, expiresAt, usedAt } = token
  return {
    ...{ name, role, createdAt: createdAt.toISOString() },
    ...(owner !== undefined && { owner }),
    ...(sources !== undefined && { sources: [...sources] }),
    ...(expiresAt !== undefined && { expiresAt: expiresAt.toISOString() }),
    ...(usedAt !== undefined && { usedAt: usedAt.toISOString() }),
  }
}
