import type { OidcSettings } from '@holdfast/core/config/access-settings'
import type { SecretReference } from '@holdfast/core/config/secret-reference'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Configuration } from 'openid-client'
import { type Claims, claimAt } from './read-claims.ts'

/** What the browser keeps between leaving for the provider and coming back. */
export interface SignInAttempt {
  readonly state: string
  readonly nonce: string
  /** of PKCE (RFC 7636) */
  readonly verifier: string
}

export interface ProviderClient {
  /** Where the browser is sent. Fails with PROVIDER_UNUSABLE. */
  begin(redirectTo: string, ctx: Context): Promise<{ readonly url: string; readonly attempt: SignInAttempt }>
  /** With the address by which the browser came back. Fails with PROVIDER_UNUSABLE, PROVIDER_SIGN_IN_FAILED. */
  finish(cameBackTo: URL, attempt: SignInAttempt, ctx: Context): Promise<Claims>
}

const timeoutSeconds = 10
/** After this its keys and addresses are asked for again, and our secret read again. */
const keptMs = 600_000

/** The library is loaded when somebody signs in: most servers have no provider. */
export function createProviderClient(
  settings: OidcSettings,
  resolveSecret: (reference: SecretReference, ctx: Context) => Promise<string>,
): ProviderClient {
  let kept: { readonly atMs: number; readonly configuration: Promise<Configuration> } | undefined
  const configure = async (ctx: Context): Promise<Configuration> => {
    const atMs = ctx.now().getTime()
    if (kept === undefined || atMs - kept.atMs >= keptMs) {
      const asked = discover(settings, resolveSecret, ctx)
      kept = { atMs, configuration: asked }
      asked.catch(() => (kept = undefined))
    }
    return await kept.configuration
  }
  return {
    async begin(redirectTo, ctx) {
      const openid = await import('openid-client')
      const configuration = await configure(ctx)
      const verifier = openid.randomPKCECodeVerifier()
      const attempt = { state: openid.randomState(), nonce: openid.randomNonce(), verifier }
      const url = openid.buildAuthorizationUrl(configuration, {
        redirect_uri: redirectTo,
        scope: settings.scopes.join(' '),
        state: attempt.state,
        nonce: attempt.nonce,
        code_challenge: await openid.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      })
      return { url: url.href, attempt }
    },
    async finish(cameBackTo, { state, nonce, verifier }, ctx) {
      const openid = await import('openid-client')
      const configuration = await configure(ctx)
      try {
        const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true }
        const tokens = await openid.authorizationCodeGrant(configuration, cameBackTo, checks)
        const claims = tokens.claims()
        if (claims === undefined) throw new Error('it sent no identity')
        if (claimAt(claims, settings.roles.claim) !== undefined || !hasUserInfo(configuration)) return claims
        // some providers say groups only here
        return { ...(await openid.fetchUserInfo(configuration, tokens.access_token, claims.sub)), ...claims }
      } catch (error) {
        throw providerError(error, settings.issuer)
      }
    },
  }
}

async function discover(
  { issuer, clientId, clientSecret }: OidcSettings,
  resolveSecret: (reference: SecretReference, ctx: Context) => Promise<string>,
  ctx: Context,
): Promise<Configuration> {
  const openid = await import('openid-client')
  const secret = await resolveSecret(clientSecret, ctx)
  const basic = openid.ClientSecretBasic(secret)
  const post = openid.ClientSecretPost(secret)
  try {
    return await openid.discovery(
      new URL(issuer),
      clientId,
      undefined,
      // basic is what holds when a provider does not say (OpenID Connect Discovery 1.0, 3)
      (server, client, body, headers) => {
        const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
        ;(methods.includes('client_secret_basic') ? basic : post)(server, client, body, headers)
      },
      {
        timeout: timeoutSeconds,
        execute: [
          // signatures are checked, too, though the identity comes from the provider itself
          openid.enableNonRepudiationChecks,
          // the settings allow it on a loopback address only
          ...(issuer.startsWith('http://') ? [openid.allowInsecureRequests] : []),
        ],
      },
    )
  } catch (error) {
    throw new AppError('PROVIDER_UNUSABLE', { issuer, reason: reasonOf(error) }, { cause: error })
  }
}

function hasUserInfo(configuration: Configuration): boolean {
  return configuration.serverMetadata().userinfo_endpoint !== undefined
}

function providerError(error: unknown, issuer: string): AppError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const isAway =
    code === 'OAUTH_TIMEOUT' || (error instanceof TypeError && error.cause !== undefined && code === undefined)
  const reason = reasonOf(error)
  if (isAway) return new AppError('PROVIDER_UNUSABLE', { issuer, reason }, { cause: error })
  return new AppError('PROVIDER_SIGN_IN_FAILED', { reason }, { cause: error })
}

/** The library's own words name what was wrong, never the value. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const inner = error.cause instanceof Error ? reasonOf(error.cause) : ''
  return inner === '' || inner === error.message ? error.message : `${error.message}: ${inner}`
}
