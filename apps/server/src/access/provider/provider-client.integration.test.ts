import { effectiveConfigOf } from '@holdfast/core/config/testing/effective-config-fixture'
import { quietContext } from '@holdfast/core/context'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RogueProvider, type Said, startRogue } from '../testing/rogue-provider.ts'
import { createProviderClient, type ProviderClient } from './provider-client.ts'
import type { Claims } from './read-claims.ts'

const ctx = quietContext()
const redirectTo = 'http://127.0.0.1/access/oidc/callback'
let rogue: RogueProvider
let client: ProviderClient

beforeAll(async () => {
  rogue = await startRogue()
  const oidc = { issuer: rogue.issuer, clientId: 'holdfast', clientSecret: { env: 'SECRET' } }
  const settings = effectiveConfigOf({ server: { oidc } }).server.oidc
  if (settings === undefined) throw new Error('the settings have a provider')
  client = createProviderClient(settings, async () => 'a secret that both know')
})
afterAll(() => rogue[Symbol.asyncDispose]())

async function claimsOf(said: Said): Promise<Claims> {
  const { attempt } = await client.begin(redirectTo, ctx)
  rogue.say(said, attempt.nonce)
  return await client.finish(new URL(`${redirectTo}?code=x&state=${attempt.state}`), attempt, ctx)
}

test('what a provider says of somebody is taken when it is signed, for us, for this attempt, and holds now', async () => {
  expect(await claimsOf({ claims: { groups: ['ops'] } })).toMatchObject({ sub: '17', groups: ['ops'] })
})

const hourAgo = Math.floor(Date.now() / 1000) - 3600

test.each<readonly [string, Said]>([
  ['of another attempt', { claims: { nonce: 'x'.repeat(43) } }],
  ['of no attempt', { claims: { nonce: undefined } }],
  ['for another client', { claims: { aud: 'another' } }],
  ['for several, and given to another', { claims: { aud: ['holdfast', 'another'], azp: 'another' } }],
  ['of another provider', { claims: { iss: 'https://id.example' } }],
  ['that has expired', { claims: { exp: hourAgo } }],
  ['of tomorrow', { claims: { nbf: hourAgo + 90_000 } }],
  ['of nobody', { claims: { sub: undefined } }],
  ['that is signed by nobody', { header: { alg: 'none' } }],
  ['that is signed by somebody else', { isForged: true }],
  ['that is signed with what everybody knows', { header: { alg: 'HS256' } }],
])('an identity %s is refused', async (_what, said) => {
  await expect(claimsOf(said)).rejects.toMatchObject({ code: 'PROVIDER_SIGN_IN_FAILED' })
})

test('groups that are said elsewhere are asked for there, and believed only of the same person', async () => {
  rogue.userInfo['groups'] = ['dev']
  expect(await claimsOf({})).toMatchObject({ sub: '17', groups: ['dev'] })
  rogue.userInfo['sub'] = '18'
  await expect(claimsOf({})).rejects.toMatchObject({ code: 'PROVIDER_SIGN_IN_FAILED' })
})

test('a provider that goes away in between is no fault of who signs in', async () => {
  await using second = await startRogue()
  const oidc = { issuer: second.issuer, clientId: 'holdfast', clientSecret: { env: 'SECRET' } }
  const settings = effectiveConfigOf({ server: { oidc } }).server.oidc
  if (settings === undefined) throw new Error('the settings have a provider')
  const other = createProviderClient(settings, async () => 'secret')
  const { attempt } = await other.begin(redirectTo, ctx)
  await second[Symbol.asyncDispose]()
  const cameBackTo = new URL(`${redirectTo}?code=x&state=${attempt.state}`)
  await expect(other.finish(cameBackTo, attempt, ctx)).rejects.toMatchObject({ code: 'PROVIDER_UNUSABLE' })
})
