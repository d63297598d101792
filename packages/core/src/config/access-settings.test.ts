import { expect, test } from 'vitest'
import { effectiveConfigOf } from './testing/effective-config-fixture.ts'

test('unless the file says otherwise, nobody signs in on loopback and nothing is believed of a proxy', () => {
  expect(effectiveConfigOf({}).server).toMatchObject({
    auth: 'loopback-open',
    behindProxy: false,
    metrics: 'signed-in',
  })
})

test('a provider of identities gives nobody a role that the file does not name', () => {
  const oidc = { issuer: 'https://id.example', clientId: 'holdfast', clientSecret: { env: 'SECRET' } }
  const { server } = effectiveConfigOf({ server: { oidc: { ...oidc, roles: { admin: ['ops'] } } } })
  expect(server.oidc).toEqual({
    ...oidc,
    scopes: ['openid', 'profile', 'email'],
    roles: { claim: 'groups', admin: ['ops'], operator: [], viewer: [], default: 'none' },
  })
})
