import { type Role, roles } from '@holdfast/core/access/role'
import type { OidcSettings } from '@holdfast/core/config/access-settings'
import type { ProvidedIdentity } from '@holdfast/orchestrator/access/admit-from-provider'

/** What a provider says of somebody (OpenID Connect Core 1.0, 5.1), checked as to who said it, not as to what. */
export type Claims = Readonly<Record<string, unknown>> & { readonly sub: string }

export function readClaims(
  claims: Claims,
  { issuer, roles: settings }: Pick<OidcSettings, 'issuer' | 'roles'>,
): ProvidedIdentity {
  // an address that nobody has checked may be that of somebody else
  const email = claims['email_verified'] === true ? claims['email'] : undefined
  const names = [claims['preferred_username'], email, claims.sub].filter((name) => typeof name === 'string')
  return { subject: `${issuer} ${claims.sub}`, names, role: roleOf(claims, settings) }
}

/** The greatest that fits. */
function roleOf(claims: Claims, settings: OidcSettings['roles']): Role | undefined {
  const values = new Set(textsOf(claimAt(claims, settings.claim)))
  const found = roles.toReversed().find((role) => settings[role].some((value) => values.has(value)))
  return found ?? (settings.default === 'none' ? undefined : settings.default)
}

/** By name, or, as some providers have it, within objects: "realm_access.roles". */
export function claimAt(claims: Claims, name: string): unknown {
  if (name in claims) return claims[name]
  return name.split('.').reduce<unknown>((value, key) => {
    return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
      ? Reflect.get(value, key)
      : undefined
  }, claims)
}

function textsOf(value: unknown): string[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value]
  return values.filter((each) => typeof each === 'string')
}
