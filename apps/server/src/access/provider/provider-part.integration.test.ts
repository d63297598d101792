import type { SettingMap } from '@holdfast/core/config/setting'
import { createToken } from '@holdfast/orchestrator/access/token'
import { createUser } from '@holdfast/orchestrator/access/user'
import { freePort } from '@holdfast/core/testing/free-ports'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AccessFixture, openAccess } from '../testing/access-fixture.ts'
import { type Browser, createBrowser, type Visit } from '../testing/browser-fixture.ts'
import { client, type RealProvider, startProvider } from '../testing/real-provider.ts'
import { providerPaths } from './provider-path.ts'

let fixture: AccessFixture
let provider: RealProvider
let app: FastifyInstance
let server: string

const callback = (): string => `${server}${providerPaths.callback}`

function settingsOf(more: SettingMap = {}): SettingMap {
  const roles = { admin: ['ops'], operator: ['dev'], viewer: ['staff'] }
  const clientSecret = { env: 'OIDC_SECRET' }
  return { auth: 'required', oidc: { issuer: provider.issuer, clientId: client.id, clientSecret, roles, ...more } }
}

beforeAll(async () => {
  fixture = await openAccess()
  // the provider has to know where browsers go back to, the server who the provider is: so a port before both
  const port = await freePort()
  server = `http://127.0.0.1:${port}`
  provider = await startProvider([callback()])
  app = await fixture.serve(settingsOf())
  await app.listen({ host: '127.0.0.1', port })
})
afterAll(async () => {
  await fixture[Symbol.asyncDispose]()
  await provider[Symbol.asyncDispose]()
})

/** As a person does it: to the provider, name, consent, and back. `stopAt`: before it goes there. */
async function signIn(browser: Browser, subject: string, stopAt?: string): Promise<Visit> {
  let page = await browser.go(`${server}${providerPaths.start}`, stopAt)
  for (const fields of [{ prompt: 'login', login: subject, password: 'any' }, { prompt: 'consent' }]) {
    if (!page.url.includes('/interaction/')) return page
    page = await browser.submit(page.url, fields, stopAt)
  }
  return page
}

const who = async (browser: Browser): Promise<unknown> => JSON.parse((await browser.go(`${server}/who`)).text)

describe('signing in at a provider of identities', () => {
  test('gives a session to whom it gives a role, the greatest that fits, and notes it', async () => {
    provider.people.set('17', { name: 'Alice', groups: ['staff', 'dev'] })
    const browser = createBrowser()
    expect(await signIn(browser, '17')).toMatchObject({ url: `${server}/`, status: 200 })
    expect(await who(browser)).toMatchObject({ kind: 'user', name: 'alice', role: 'operator' })
    expect(await fixture.catalogue.users.get('alice')).toMatchObject({ subject: `${provider.issuer} 17` })
    const [entry] = await fixture.catalogue.audit.list({ limit: 1 })
    expect(entry).toMatchObject({ act: 'session.open', subject: 'alice', outcome: 'done' })
  })

  test('asks with PKCE, state and nonce, each time others, and leaves none of it in the page', async () => {
    const start = () => app.inject({ url: providerPaths.start, headers: { host: '127.0.0.1' } })
    const [one, other] = [await start(), await start()]
    const asked = new URL(String(one.headers.location))
    expect(asked.searchParams.get('code_challenge_method')).toBe('S256')
    for (const name of ['state', 'nonce', 'code_challenge']) {
      const value = asked.searchParams.get(name)
      expect(value?.length, name).toBeGreaterThan(30)
      expect(new URL(String(other.headers.location)).searchParams.get(name), name).not.toBe(value)
    }
    expect(asked.searchParams.get('scope')).toBe('openid profile email')
    expect(one.headers['set-cookie']).toMatch(
      /^holdfast_sign_in=[\w.-]+; Path=\/access\/oidc; Max-Age=900; HttpOnly; SameSite=Lax$/,
    )
  })

  test('follows the provider when it gives another role, and knows people by subject when they are renamed', async () => {
    provider.people.set('18', { name: 'bob', groups: ['staff'] })
    const first = createBrowser()
    await signIn(first, '18')
    expect(await who(first)).toMatchObject({ name: 'bob', role: 'viewer' })
    provider.people.set('18', { name: 'robert', groups: ['ops'] })
    const second = createBrowser()
    await signIn(second, '18')
    expect(await who(second)).toMatchObject({ name: 'bob', role: 'admin' })
    // what was begun with another role is over
    expect(await who(first)).toMatchObject({ kind: 'nobody' })
  })

  test('refuses whom nothing gives a role, with a page that says so', async () => {
    provider.people.set('19', { name: '<b>eve</b>', groups: ['guests'] })
    const browser = createBrowser()
    const page = await signIn(browser, '19')
    expect(page).toMatchObject({ status: 403, text: expect.stringContaining('nothing gives this user a role here') })
    expect(page.text).not.toContain('<b>')
    expect(await who(browser)).toMatchObject({ kind: 'nobody' })
    const [entry] = await fixture.catalogue.audit.list({ limit: 1 })
    expect(entry).toMatchObject({ act: 'session.open', outcome: 'refused' })
  })

  test('ends everything of somebody whose role the provider has taken away', async () => {
    provider.people.set('20', { name: 'carol', groups: ['dev'] })
    const browser = createBrowser()
    await signIn(browser, '20')
    await createToken({ name: 'carols', role: 'viewer', owner: 'carol' }, fixture.catalogue, fixture.ctx)
    provider.people.set('20', { name: 'carol', groups: [] })
    expect(await signIn(createBrowser(), '20')).toMatchObject({ status: 403 })
    expect(await who(browser)).toMatchObject({ kind: 'nobody' })
    expect(await fixture.catalogue.users.get('carol')).toBeUndefined()
    expect(await fixture.catalogue.tokens.get('carols')).toBeUndefined()
  })

  test('never makes somebody another user who has the name already', async () => {
    await createUser({ name: 'root', role: 'admin', password: 'correct horse battery' }, fixture.catalogue, fixture.ctx)
    provider.people.set('21', { name: 'root', groups: ['staff'] })
    const browser = createBrowser()
    await signIn(browser, '21')
    expect(await who(browser)).toMatchObject({ name: '21@id.example', role: 'viewer' })
  })
})

describe('coming back from the provider', () => {
  /** Up to where the browser would be sent back. */
  async function sentBack(subject: string): Promise<{ readonly browser: Browser; readonly url: URL }> {
    provider.people.set(subject, { name: subject, groups: ['staff'] })
    const browser = createBrowser()
    const { url } = await signIn(browser, subject, callback())
    expect(url).toContain(`${callback()}?code=`)
    return { browser, url: new URL(url) }
  }

  test('with the state of another attempt does not sign in', async () => {
    const { browser, url } = await sentBack('30')
    url.searchParams.set('state', 'x'.repeat(43))
    expect(await browser.go(url.href)).toMatchObject({ status: 401, text: expect.stringContaining('state') })
    expect(await who(browser)).toMatchObject({ kind: 'nobody' })
  })

  test('in a browser that did not begin it does not sign in: nobody is led into the account of another', async () => {
    const { url } = await sentBack('31')
    const victim = createBrowser()
    expect(await victim.go(url.href)).toMatchObject({ status: 401 })
    // not even when one of its own has begun
    await victim.go(`${server}${providerPaths.start}`, provider.issuer)
    expect(await victim.go(url.href)).toMatchObject({ status: 401 })
    expect(await who(victim)).toMatchObject({ kind: 'nobody' })
  })

  test('works once', async () => {
    const { browser, url } = await sentBack('32')
    expect(await browser.go(url.href)).toMatchObject({ status: 200 })
    expect(await browser.go(url.href)).toMatchObject({ status: 401 })
  })

  test('with a refusal or a code that nobody gave does not sign in', async () => {
    const { browser, url } = await sentBack('33')
    const refused = new URL(url)
    refused.searchParams.delete('code')
    refused.searchParams.set('error', 'access_denied')
    refused.searchParams.set('error_description', '<script>alert(1)</script>')
    const page = await browser.go(refused.href)
    expect(page).toMatchObject({ status: 401 })
    expect(page.text).not.toContain('<script>')
    const again = await sentBack('34')
    again.url.searchParams.set('code', 'invented')
    expect(await again.browser.go(again.url.href)).toMatchObject({ status: 401 })
  })
})

test('where there is no provider there is nothing to begin', async () => {
  const without = await fixture.serve({ auth: 'required' })
  for (const url of [providerPaths.start, `${providerPaths.callback}?code=x`]) {
    expect((await without.inject({ url })).statusCode).toBe(404)
  }
})

test('a provider that is away is a matter of the server, and is asked again later', async () => {
  const away = await fixture.serve(settingsOf({ issuer: 'http://127.0.0.1:9' }))
  const reply = await away.inject({ url: providerPaths.start })
  expect(reply.statusCode).toBe(503)
  expect(reply.body).toContain('cannot be used')
})
