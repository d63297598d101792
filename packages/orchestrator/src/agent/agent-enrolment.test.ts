import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { effectiveConfigOf } from '@holdfast/core/config/testing/effective-config-fixture'
import { quietContext } from '@holdfast/core/context'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openCatalogue, type OpenedCatalogue } from '../catalogue/open-catalogue.ts'
import { enrolAgent, inviteAgent, removeAgent } from './agent-enrolment.ts'
import { agentMark } from './agent-marks.ts'
import { agentNamedBy, digestOfSecret, makeAgentSecret } from './agent-secret.ts'
import { listAgents } from './list-agents.ts'
import { readAgentSecret } from './read-agent-secret.ts'

const directory = mkdtempSync(join(tmpdir(), 'holdfast-enrolment-'))
let nowMs = Date.parse('2026-11-21T10:00:00Z')
const ctx = quietContext({ now: () => new Date(nowMs) })
let catalogue: OpenedCatalogue
beforeAll(async () => {
  catalogue = await openCatalogue({ type: 'sqlite', path: join(directory, 'catalogue.db') }, ctx)
})
afterAll(async () => {
  await catalogue[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true, force: true })
})

const hourMs = 3_600_000
const enrol = (token: string, secret: string) => enrolAgent(catalogue.marks, token, digestOfSecret(secret), ctx)
const refused = { code: 'AGENT_TOKEN_REFUSED' }

test('a token lets one agent in, whose own secret is known from then on', async () => {
  const { token } = await inviteAgent(catalogue.marks, 'web-1', hourMs, ctx)
  const secret = makeAgentSecret('agent', 'web-1')
  expect(await readAgentSecret(secret, catalogue)).toBeUndefined()
  expect(await enrol(token, secret)).toBe('web-1')
  expect(await readAgentSecret(secret, catalogue)).toBe('web-1')
  expect(await readAgentSecret(makeAgentSecret('agent', 'web-1'), catalogue)).toBeUndefined()
  expect(await readAgentSecret(token, catalogue)).toBeUndefined()
  const kept = JSON.stringify([...(await catalogue.marks.list('agents/'))])
  expect(kept).not.toContain(secret)
  expect(kept).not.toContain(token)
})

test('an agent that did not hear the answer asks again; somebody else is refused, which is noted', async () => {
  const { token } = await inviteAgent(catalogue.marks, 'web-2', hourMs, ctx)
  const secret = makeAgentSecret('agent', 'web-2')
  await enrol(token, secret)
  expect(await enrol(token, secret)).toBe('web-2')
  expect(await catalogue.marks.get(agentMark.invited('web-2'))).not.toContain('reusedAt')
  await expect(enrol(token, makeAgentSecret('agent', 'web-2'))).rejects.toMatchObject(refused)
  expect(await catalogue.marks.get(agentMark.invited('web-2'))).toContain('reusedAt')
  expect(await readAgentSecret(secret, catalogue)).toBe('web-2')
})

test('of two that come with one token at the same moment one is let in', async () => {
  const { token } = await inviteAgent(catalogue.marks, 'web-3', hourMs, ctx)
  const secrets = ['a', 'b', 'c'].map(() => makeAgentSecret('agent', 'web-3'))
  const outcomes = await Promise.allSettled(secrets.map((secret) => enrol(token, secret)))
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  const known = await Promise.all(secrets.map((secret) => readAgentSecret(secret, catalogue)))
  expect(known.filter((name) => name !== undefined)).toEqual(['web-3'])
})

test('a token that is too old, replaced, of a removed agent, or none at all lets nobody in', async () => {
  const secret = makeAgentSecret('agent', 'web-4')
  const first = await inviteAgent(catalogue.marks, 'web-4', hourMs, ctx)
  const second = await inviteAgent(catalogue.marks, 'web-4', hourMs, ctx)
  await expect(enrol(first.token, secret)).rejects.toMatchObject(refused)
  nowMs += hourMs
  await expect(enrol(second.token, secret)).rejects.toMatchObject(refused)
  const third = await inviteAgent(catalogue.marks, 'web-4', hourMs, ctx)
  await enrol(third.token, secret)
  expect(await removeAgent(catalogue.marks, 'web-4')).toBe(true)
  expect(await readAgentSecret(secret, catalogue)).toBeUndefined()
  await expect(enrol(third.token, secret)).rejects.toMatchObject(refused)
  expect(await removeAgent(catalogue.marks, 'web-4')).toBe(false)
  for (const text of ['', 'x', 'hfenrol..', `hfenrol.d2Vi.${'a'.repeat(42)}`, 'hfenrol.%00.x']) {
    await expect(enrol(text, secret), text).rejects.toMatchObject(refused)
  }
})

test('a secret names its agent, whatever letters the name has, and nothing else is one', () => {
  for (const name of ['web-1', 'ß.ü_9', '가나'])
    expect(agentNamedBy(makeAgentSecret('agent', name), 'agent')).toBe(name)
  const secret = makeAgentSecret('agent', 'web-1')
  expect(agentNamedBy(secret, 'enrolment')).toBeUndefined()
  expect(agentNamedBy(`${secret}.x`, 'agent')).toBeUndefined()
  // the same bytes written in another way are another text
  expect(agentNamedBy(secret.replace('d2ViLTE', 'd2ViLTE='), 'agent')).toBeUndefined()
})

test('agents are listed with how they stand', async () => {
  const source = { type: 'files', paths: ['/srv'], agent: 'web-1' }
  const agents = { 'web-1': { gateway: 'write-only' }, 'web-9': {}, 'web-8': {} }
  const config = effectiveConfigOf({ agents, sources: { it: source } })
  await inviteAgent(catalogue.marks, 'web-8', hourMs, ctx)
  const sight = { at: ctx.now(), version: '1.2.3', instance: 'x', address: '10.0.0.7' }
  await catalogue.marks.set(agentMark.seen('web-1'), JSON.stringify(sight))
  const listed = async () => listAgents(config, await catalogue.marks.list('agents/'), ctx.now())
  expect(await listed()).toMatchObject([
    { name: 'web-1', state: 'connected', gateway: 'write-only', sources: ['it'], seen: { version: '1.2.3' } },
    { name: 'web-2', state: 'removed' },
    { name: 'web-3', state: 'removed' },
    { name: 'web-8', state: 'invited', sources: [] },
    { name: 'web-9', state: 'unknown' },
  ])
  nowMs += 301_000
  expect((await listed())[0]).toMatchObject({ state: 'away' })
})
