import { afterAll, beforeAll, expect, test } from 'vitest'
import { agentProtocol } from '@holdfast/api/agent-protocol'
import { routes } from '@holdfast/api/routes'
import type { Route } from '@holdfast/api/route'
import { digestOfSecret, makeAgentSecret } from '@holdfast/orchestrator/agent/agent-secret'
import { type ControlFixture, createControlFixture } from '../../apps/cli/src/run/testing/control-fixture.ts'
import { basic, type HostileReply, sendHostile } from './hostile-request.ts'

// What somebody can do who has taken over the host of the agent "web": its secret is theirs, and nothing else.

let fixture: ControlFixture
let origin = ''
let admin = ''
const secrets: Record<string, string> = {}

beforeAll(async () => {
  fixture = await createControlFixture()
  const files = `type: files, paths: [${fixture.source}], tier: quiet`
  await fixture.configure(`
agents: { web: { gateway: write-only }, vault: { gateway: append-only } }
sources:
  site: { ${files}, agent: web }
  papers: { ${files}, agent: vault }
  own: { ${files} }
server: { listen: "127.0.0.1:0", auth: required }
tiers:
  quiet: { extends: important, prove: { newest: none, random: none }, backup: "0 0 29 2 *", rpo: none, repositories: first }
`)
  const [added] = await fixture.ask(['token', 'add', 'boss', '--role', 'admin'])
  admin = (added as { secret: string }).secret
  origin = (await fixture.serve()).address
  for (const name of ['web', 'vault']) {
    const [invited] = await fixture.ask(['agent', 'add', name])
    const { token } = invited as { token: string }
    const secret = makeAgentSecret('agent', name)
    secrets[name] = secret
    const { status, body } = await call('POST', '/api/v1/agents/enrol', '', {
      token,
      secretDigest: digestOfSecret(secret),
    })
    expect(status, body.toString()).toBe(200)
  }
})
afterAll(() => fixture[Symbol.asyncDispose]())

function call(
  method: string,
  path: string,
  authorization: string,
  content?: unknown,
  more: Readonly<Record<string, string>> = {},
): Promise<HostileReply> {
  const headers = { ...(authorization === '' ? {} : { authorization }), ...more }
  if (content === undefined) return sendHostile(origin, { method, path, headers })
  const body = Buffer.from(JSON.stringify(content))
  return sendHostile(origin, { method, path, headers: { 'content-type': 'application/json', ...headers }, body })
}

const self = (instance: string) => ({ protocol: agentProtocol, version: '0.1.0', instance })
const bearer = (name: string): string => `Bearer ${secrets[name]}`

/** What stands where a path has a name. */
const names: Readonly<Record<string, string>> = {
  source: 'papers',
  repository: 'first',
  agent: 'vault',
  name: 'papers',
}
const pathOf = ({ path }: Route): string => path.replace(/:(\w+)/g, (_whole, name: string) => names[name] ?? 'boss')

/** Everything that could have changed, as an administrator sees it. */
async function state(): Promise<unknown> {
  const seen: Record<string, unknown> = {}
  for (const path of ['agents', 'users', 'configuration']) {
    const { status, body } = await call('GET', `/api/v1/${path}`, `Bearer ${admin}`)
    expect(status, path).toBe(200)
    seen[path] = JSON.parse(body.toString().replaceAll(/"(?:seenAt|lastUsedAt|usedAt)":"[^"]*",?/g, ''))
  }
  return seen
}

test('an agent’s secret opens no route but those of agents, however it is shown', async () => {
  const before = await state()
  const ways: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    bearer: { authorization: bearer('web') },
    basic: { authorization: basic('web', secrets['web'] ?? '') },
    'basic as another': { authorization: basic('boss', secrets['web'] ?? '') },
    'as a cookie': { cookie: `holdfast_session=${secrets['web']}`, 'sec-fetch-site': 'same-origin', origin },
    'with an override': { authorization: bearer('web'), 'x-http-method-override': 'GET' },
    'from here': { authorization: bearer('web'), 'x-forwarded-for': '127.0.0.1', host: 'localhost' },
  }
  const odd: string[] = []
  for (const route of Object.values<Route>(routes)) {
    if (route.role === 'agent' || route.role === 'public') continue
    const path = pathOf(route)
    const content = route.method === 'GET' || route.method === 'DELETE' ? undefined : {}
    for (const [way, headers] of Object.entries(ways)) {
      const { status } = await call(route.method, path, '', content, headers)
      if (status !== 401 && status !== 403) odd.push(`${route.method} ${path} ${way}: ${status}`)
    }
    for (const variant of [`/${path}`, `${path}/`, `${path}?source=papers`, path.replace('/api', '/API')]) {
      const { status } = await call(route.method, variant, bearer('web'), content)
      if (status < 400 || status >= 500) odd.push(`${route.method} ${variant}: ${status}`)
    }
    const { status } = await call('HEAD', path, bearer('web'))
    if (status < 400 || status >= 500) odd.push(`HEAD ${path}: ${status}`)
  }
  expect(odd, 'refused before anything of it is looked at').toEqual([])
  expect(await state()).toEqual(before)
})

test('an agent gets no run but its own, and ends, keeps or describes none of another', async () => {
  for (const source of ['papers', 'own']) {
    const started = await call('POST', '/api/v1/runs', `Bearer ${admin}`, { operation: 'backup', source })
    expect(started.status, started.body.toString()).toBeLessThan(300)
  }
  const leased = await call('POST', '/api/v1/agents/lease', bearer('web'), { self: self('evil'), holds: [], waitMs: 0 })
  expect(leased.status).toBe(200)
  // there may be one of its own, that a schedule asked for
  expect(leased.body.toString()).not.toContain('"papers"')
  expect(leased.body.toString()).not.toContain('"own"')
  const theirs = await call('POST', '/api/v1/agents/lease', bearer('vault'), {
    self: self('good'),
    holds: [],
    waitMs: 5_000,
  })
  const { assignment } = JSON.parse(theirs.body.toString()) as { assignment: { run: { id: string } } }
  const run = assignment.run.id
  const outcome = { state: 'succeeded', result: { snapshots: { first: 'a'.repeat(64) } } }
  const report = { snapshots: [], figures: [] }
  for (const instance of ['evil', 'good']) {
    const [heartbeat, finish, release, events] = [
      await call('POST', '/api/v1/agents/heartbeat', bearer('web'), { self: self(instance), run }),
      await call('POST', '/api/v1/agents/finish', bearer('web'), {
        self: self(instance),
        run,
        leasedBy: 'good',
        outcome,
        report,
      }),
      await call('POST', '/api/v1/agents/release', bearer('web'), { self: self(instance), run }),
      await call('POST', '/api/v1/agents/events', bearer('web'), {
        ...{ self: self(instance), run },
        events: [{ type: 'message.noted', level: 'info', message: 'lies' }],
      }),
    ]
    for (const { status, body } of [heartbeat, finish, release, events]) {
      const refused = /"(?:counts|isReleased|isHeard)":false|"isLost":true/.test(body.toString())
      expect(status >= 400 || refused, `${status} ${body.toString()}`).toBe(true)
      expect(body.toString()).not.toContain('papers')
    }
  }
  const kept = await call('POST', '/api/v1/agents/heartbeat', bearer('vault'), { self: self('good'), run })
  expect(JSON.parse(kept.body.toString())).toMatchObject({ isLost: false, isCancelRequested: false })
})
