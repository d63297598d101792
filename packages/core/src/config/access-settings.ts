import type { Role } from '../access/role.ts'
import type { SecretReference } from './secret-reference.ts'

/** Who may ask the server, and how what is said stays between the two. */
export interface AccessSettings {
  /** `loopback-open`: on a loopback address nobody has to sign in */
  readonly auth: 'loopback-open' | 'required'
  /** PEM files */
  readonly tls?: { readonly certificate: string; readonly key: string }
  /** the nearest hop is a proxy, whose X-Forwarded-… are true */
  readonly behindProxy: boolean
  /** who may read /metrics off loopback */
  readonly metrics: 'signed-in' | 'public'
  readonly oidc?: OidcSettings
}

/** A provider of identities (OpenID Connect Core 1.0, authorization code flow). */
export interface OidcSettings {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: SecretReference
  readonly scopes: readonly string[]
  readonly roles: { readonly claim: string; readonly default: Role | 'none' } & Readonly<
    Record<Role, readonly string[]>
  >
}
