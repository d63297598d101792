import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import type { SecretReference } from '@holdfast/core/config/secret-reference'
import type { Context } from '@holdfast/core/context'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import { admitFromProvider } from '@holdfast/orchestrator/access/admit-from-provider'
import { closeSession, openSession } from '@holdfast/orchestrator/access/session'
import type { UserRecord } from '@holdfast/orchestrator/access/user-record'
import type { Catalogue } from '@holdfast/orchestrator/catalogue/catalogue'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ApiSurroundings } from '../../api/api-surroundings.ts'
import { statusOf } from '../../http/error-status.ts'
import type { HttpPart } from '../../http/open-http.ts'
import type { ServerLog } from '../../server-log.ts'
import { apparentRequest } from '../apparent-request.ts'
import { readCookie, writeCookie } from '../cookie.ts'
import { exchangeOf } from '../exchange.ts'
import { renderTrouble } from './render-trouble.ts'
import { createProviderClient, type ProviderClient, type SignInAttempt } from './provider-client.ts'
import { providerPaths } from './provider-path.ts'
import { readClaims } from './read-claims.ts'

export interface ProviderSurroundings {
  readonly catalogue: Pick<Catalogue, 'users' | 'sessions'>
  readonly log: ServerLog
  config(): EffectiveConfig
  resolveSecret(reference: SecretReference, ctx: Context): Promise<string>
  readonly audit: ApiSurroundings['audit']
}

const attemptCookie = 'holdfast_sign_in'
/** how long somebody may take at the provider */
const attemptSeconds = 900

/**
 * `/access/oidc/start` sends a browser to the provider of identities, `/access/oidc/callback` takes it back: authorization
 * code with PKCE, state and nonce. Where there is no provider, both are unknown.
 */
export function providerPart(surroundings: ProviderSurroundings, ctx: Context): HttpPart {
  const clientNow = createClients(surroundings)
  // how it listens does not change while it does
  const { behindProxy } = surroundings.config().server
  const keep = (reply: FastifyReply, value: string, isSecure: boolean): void => {
    const maxAgeSeconds = value === '' ? 0 : attemptSeconds
    // `Lax`: the provider sends the browser back from another site
    const options = { isSecure, maxAgeSeconds, sameSite: 'Lax', path: '/access/oidc' } as const
    reply.header('set-cookie', writeCookie(attemptCookie, value, options))
  }
  return (app) => {
    app.get(providerPaths.start, async (request, reply) =>
      withTrouble(reply, surroundings.log, async () => {
        const { origin, isSecure } = apparentRequest(request, behindProxy)
        const { url, attempt } = await clientNow().begin(`${origin}${providerPaths.callback}`, ctx)
        keep(reply, [attempt.state, attempt.nonce, attempt.verifier].join('.'), isSecure)
        return reply.header('cache-control', 'no-store').redirect(url, 303)
      }),
    )
    app.get(providerPaths.callback, async (request, reply) =>
      withTrouble(reply, surroundings.log, async () => {
        const client = clientNow()
        const { origin, isSecure } = apparentRequest(request, behindProxy)
        const attempt = readAttempt(request)
        // each attempt is good for one answer
        keep(reply, '', isSecure)
        const user = await noted(request, surroundings, async () => {
          const cameBackTo = new URL(request.url, origin)
          const claims = await client.finish(cameBackTo, attempt, ctx)
          const { oidc } = surroundings.config().server
          if (oidc === undefined) throw new AppError('ROUTE_UNKNOWN', {})
          return await admitFromProvider(readClaims(claims, oidc), surroundings.catalogue, ctx)
        })
        const { session, setSession } = exchangeOf(request.caller)
        if (session !== undefined) await closeSession(session, surroundings.catalogue)
        setSession(await openSession(user.name, surroundings.catalogue, ctx))
        return reply.header('cache-control', 'no-store').redirect('/', 303)
      }),
    )
  }
}

/** The client of the provider in force; another when the settings are. Fails with ROUTE_UNKNOWN. */
function createClients({ config, resolveSecret }: ProviderSurroundings): () => ProviderClient {
  let made: { readonly settings: string; readonly client: ProviderClient } | undefined
  return () => {
    const { oidc } = config().server
    if (oidc === undefined) throw new AppError('ROUTE_UNKNOWN', {})
    const settings = JSON.stringify(oidc)
    if (made?.settings !== settings) made = { settings, client: createProviderClient(oidc, resolveSecret) }
    return made.client
  }
}

function readAttempt({ headers }: FastifyRequest): SignInAttempt {
  const [state, nonce, verifier] = readCookie(headers.cookie, attemptCookie)?.split('.') ?? []
  if (state !== undefined && nonce !== undefined && verifier !== undefined) return { state, nonce, verifier }
  const reason = 'it was not begun in this browser, or too long ago'
  throw new AppError('PROVIDER_SIGN_IN_FAILED', { reason })
}

/** Into the audit log: who has signed in, and who was refused a role. */
async function noted(
  { caller }: FastifyRequest,
  { audit }: Pick<ProviderSurroundings, 'audit'>,
  work: () => Promise<UserRecord>,
): Promise<UserRecord> {
  try {
    const user = await work()
    await audit({ caller, act: 'session.open', subject: user.name, outcome: 'done' })
    return user
  } catch (error) {
    if (isAppError(error, 'PROVIDER_USER_REFUSED')) {
      const subject = String(error.details['user'])
      await audit({ caller, act: 'session.open', subject, outcome: 'refused', code: error.code })
    }
    throw error
  }
}

/** People who come here look at a page, not at JSON. */
async function withTrouble(
  reply: FastifyReply,
  log: ServerLog,
  work: () => Promise<FastifyReply>,
): Promise<FastifyReply> {
  try {
    return await work()
  } catch (error) {
    if (!isAppError(error)) throw error
    if (isAppError(error, 'PROVIDER_UNUSABLE')) log.failure('nobody can sign in', error)
    return await reply
      .code(statusOf(error.code))
      .headers({ 'cache-control': 'no-store', 'content-security-policy': "default-src 'none'; frame-ancestors 'none'" })
      .headers({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' })
      .type('text/html; charset=utf-8')
      .send(renderTrouble(error))
  }
}
