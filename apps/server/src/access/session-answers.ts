import type { Caller } from '@holdfast/api/caller'
import type { RouteReply } from '@holdfast/api/route'
import type { Routes } from '@holdfast/api/routes'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { closeSession, openSession } from '@holdfast/orchestrator/access/session'
import { changePassword, checkPassword } from '@holdfast/orchestrator/access/user'
import type { UserRecord } from '@holdfast/orchestrator/access/user-record'
import type { AnswersOf } from '../api/answers-of.ts'
import type { ApiSurroundings } from '../api/api-surroundings.ts'
import { tooMany } from './access-part.ts'
import { createAttemptLimiter } from './attempt-limiter.ts'
import { exchangeOf } from './exchange.ts'
import { providerPaths } from './provider/provider-path.ts'

type SessionView = RouteReply<Routes['session.get']>

/** Somebody who tries names from one place waits long; a name is not to be locked for its owner for long. */
const longestWaitMs = { address: 3_600_000, user: 300_000 }

export function createSessionAnswers({
  catalogue,
  config,
}: Pick<ApiSurroundings, 'catalogue' | 'config'>): AnswersOf<'session'> {
  const viewFor = (caller: Caller): SessionView => sessionView(caller, config().server.oidc !== undefined)
  const check = createPasswordCheck(catalogue)
  return {
    'session.get': async (_input, caller) => viewFor(caller),
    async 'session.open'({ body }, caller, ctx) {
      const exchange = exchangeOf(caller)
      const user = await check(body, exchange.address, ctx)
      if (exchange.session !== undefined) await closeSession(exchange.session, catalogue)
      exchange.setSession(await openSession(user.name, catalogue, ctx))
      return viewFor({ kind: 'user', name: user.name, role: user.role })
    },
    async 'session.close'(_input, caller) {
      const { session, setSession } = exchangeOf(caller)
      if (session !== undefined) await closeSession(session, catalogue)
      setSession(undefined)
      return viewFor(caller.kind === 'user' ? { kind: 'nobody', name: 'nobody', role: 'none' } : caller)
    },
    async 'session.password'({ body }, caller, ctx) {
      if (caller.kind !== 'user') throw new AppError('PERSON_NEEDED', { name: caller.name })
      const { address, setSession } = exchangeOf(caller)
      await check({ name: caller.name, password: body.password }, address, ctx)
      await changePassword(caller.name, body.newPassword, catalogue)
      setSession(await openSession(caller.name, catalogue, ctx))
      return viewFor(caller)
    },
  }
}

/** Names and passwords, at the pace of a person. Fails with SIGN_IN_REFUSED, REQUESTS_TOO_MANY. */
function createPasswordCheck(catalogue: ApiSurroundings['catalogue']) {
  const byAddress = createAttemptLimiter(longestWaitMs.address)
  const byUser = createAttemptLimiter(longestWaitMs.user)
  return async (
    given: { readonly name: string; readonly password: string },
    address: string,
    ctx: Context,
  ): Promise<UserRecord> => {
    const atMs = ctx.now().getTime()
    const name = given.name.toLowerCase()
    // an attempt that is not made counts for neither: a colleague's name that somebody keeps locked locks no address, too
    const waitMs = Math.max(byAddress.waitMs(address, atMs), byUser.waitMs(name, atMs))
    if (waitMs > 0) throw tooMany('attempts to sign in', waitMs)
    byAddress.begin(address, atMs)
    byUser.begin(name, atMs)
    const user = await checkPassword(given, catalogue)
    if (user === undefined) throw new AppError('SIGN_IN_REFUSED', {})
    byAddress.succeeded(address, { forget: false })
    byUser.succeeded(name, { forget: true })
    return user
  }
}

function sessionView({ kind, name, role, sources }: Caller, hasProvider: boolean): SessionView {
  return {
    caller: { kind, name, role, ...(sources !== undefined && { sources: [...sources] }) },
    signIn: { isNeeded: kind === 'nobody', ...(hasProvider && { provider: providerPaths.start }) },
  }
}
