import { effectiveConfigOf } from '@holdfast/core/config/testing/effective-config-fixture'
import type { SettingMap } from '@holdfast/core/config/setting'
import { expect, test } from 'vitest'
import { readClaims } from './read-claims.ts'

function identityOf(claims: object, roles: SettingMap = {}) {
  const oidc = { issuer: 'https://id.example', clientId: 'h', clientSecret: { env: 'S' } }
  const named = { admin: ['ops'], operator: ['dev'], viewer: ['staff'], ...roles }
  const settings = effectiveConfigOf({ server: { oidc: { ...oidc, roles: named } } }).server.oidc
  if (settings === undefined) throw new Error('the settings have a provider')
  return readClaims({ sub: '17', ...claims }, settings)
}

test('the greatest role that fits holds, from a text or a list', () => {
  expect(identityOf({ groups: ['staff', 'ops', 'dev'] }).role).toBe('admin')
  expect(identityOf({ groups: 'dev' }).role).toBe('operator')
  for (const groups of [[], ['op'], ['OPS'], 7, null, { ops: true }, [['ops']], undefined]) {
    expect(identityOf({ groups }).role, JSON.stringify(groups)).toBeUndefined()
  }
  expect(identityOf({}, { default: 'viewer' }).role).toBe('viewer')
})

test('the claim may lie within others', () => {
  expect(identityOf({ realm_access: { roles: ['ops'] } }, { claim: 'realm_access.roles' }).role).toBe('admin')
  expect(identityOf({ 'https://x.example/roles': ['ops'] }, { claim: 'https://x.example/roles' }).role).toBe('admin')
  expect(identityOf({}, { claim: 'constructor.name' }).role).toBeUndefined()
})

test('a mail address is a name only when somebody has checked that it is theirs', () => {
  const given = { preferred_username: 'alice', email: 'a@x.example' }
  expect(identityOf({ ...given, email_verified: true }).names).toEqual(['alice', 'a@x.example', '17'])
  expect(identityOf({ ...given, email_verified: false }).names).toEqual(['alice', '17'])
  expect(identityOf(given)).toMatchObject({ subject: 'https://id.example 17', names: ['alice', '17'] })
})
