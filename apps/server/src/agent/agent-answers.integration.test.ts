/** What agents are answered, over HTTP, by a server on whose word they depend and that does not believe theirs. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { agentProtocol } from '@holdfast/api/agent-protocol'
import { routes } from '@holdfast/api/routes'
import { effectiveConfigOf } from '@holdfast/core/config/testing/effective-config-fixture'
import { quietContext } from '@holdfast/core/context'
import { enrolAgent, inviteAgent, removeAgent } from '@holdfast/orchestrator/agent/agent-enrolment'
import { agentMark } from '@holdfast/orchestrator/agent/agent-marks'
import { digestOfSecret, makeAgentSecret } from '@holdfast/orchestrator/agent/agent-secret'
import { readAgentSecret } from '@holdfast/orchestrator/agent/read-agent-secret'
import { openCatalogue, type OpenedCatalogue } from '@holdfast/orchestrator/catalogue/open-catalogue'
import { draftForSource } from '@holdfast/orchestrator/planning/run-draft'
import { openRunQueue } from '@holdfast/orchestrator/run/open-run-queue'
import type { Run } from '@holdfast/orchestrator/run/run'
import type { RunQueue } from '@holdfast/orchestrator/run/run-queue'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accessPart } from '../access/access-part.ts'
import { apiPart } from '../api/api-part.ts'
import type { ApiSurroundings } from '../api/api-surroundings.ts'
import { createEventFeed } from '../events/event-feed.ts'
import { openHttp } from '../http/open-http.ts'
import { createServerLog } from '../server-log.ts'

const stack = new AsyncDisposableStack()
const ctx = quietContext()
const config = effectiveConfigOf({
  repositories: { far: { location: 's3:https://s3.example/far', password: { env: 'PW' } } },
  agents: { one: {}, two: {}, gone: {} },
  sources: {
    a: { type: 'files', paths: ['/srv/a'], agent: 'one' },
    b: { type: 'files', paths: ['/srv/b'], agent: 'two' },
    c: { type: 'files', paths: ['/srv/c'], agent: 'gone' },
  },
})
const lines: string[] = []
const acts: object[] = []
let catalogue: OpenedCatalogue
let queue: RunQueue
let address = ''
const secrets = new Map<string, string>()

beforeAll(async () => {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-answers-'))
  stack.defer(() => rmSync(directory, { recursive: true, force: true }))
  catalogue = stack.use(await openCatalogue({ type: 'sqlite', path: join(directory, 'catalogue.db') }, ctx))
  queue = stack.use(await openRunQueue(catalogue, ctx))
  for (const name of [...config.agents.keys(), 'stranger']) await letIn(name)
  const given = {
    ...{ catalogue, queue, config: () => config, leaseMs: 12_000, machine: { version: '1.2.3' } },
    log: createServerLog({ write: (line) => lines.push(line) }, () => new Date()),
    feed: createEventFeed(catalogue),
    ended: () => {},
    audit: async (act: object) => void acts.push(act),
  }
  // boundary: what else there is, answers for agents do not ask for
  const surroundings = given as unknown as ApiSurroundings
  const settings = { ...config.server, auth: 'loopback-open' } as typeof config.server
  const access = accessPart(
    { catalogue, settings, readAgentSecret: (secret) => readAgentSecret(secret, catalogue) },
    ctx,
  )
  const http = stack.use(
    await openHttp(
      { host: '127.0.0.1', port: 0 },
      {
        readiness: async () => 'ready',
        metrics: async () => ({ contentType: '', text: '' }),
        failed: (error) => lines.push(String(error)),
      },
      [access, apiPart(surroundings, ctx)],
    ),
  )
  address = `http://${http.address}`
})
afterAll(() => stack.disposeAsync())

async function letIn(name: string): Promise<void> {
  const { token } = await inviteAgent(catalogue.marks, name, 60_000, ctx)
  const secret = makeAgentSecret('agent', name)
  await enrolAgent(catalogue.marks, token, digestOfSecret(secret), ctx)
  secrets.set(name, secret)
}

interface Answer {
  readonly status: number
  readonly body: {
    readonly assignment?: { readonly run: { readonly id: string }; readonly source: { readonly name: string } }
    readonly error?: { readonly code: string; readonly message: string }
    readonly [field: string]: unknown
  }
}

const selfOf = (instance: string) => ({ protocol: agentProtocol, version: '1.2.3', instance })

/** `who`: "one:x", the agent and its process. */
async function ask(who: string, what: string, body: object, method = 'POST'): Promise<Answer> {
  const [name = '', instance = ''] = who.split(':')
  const response = await fetch(`${address}/api/v1/agents/${what}`, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(secrets.has(name) ? { authorization: `Bearer ${secrets.get(name)}` } : {}),
    },
    body: JSON.stringify({ self: selfOf(instance), ...body }),
  })
  return { status: response.status, body: (await response.json()) as Answer['body'] }
}

/** What the state directory of each agent holds. */
const stamps = new Map<string, unknown>()

async function hello(who: string, isStart = true, holds: readonly string[] = []): Promise<Answer> {
  const [name = ''] = who.split(':')
  const answer = await ask(who, 'hello', { isStart, holds, stamp: stamps.get(name) })
  if (answer.status === 200) stamps.set(name, answer.body['stamp'])
  return answer
}

let made = 0
async function queueBackup(name: string): Promise<string> {
  const source = config.sources.get(name)
  if (source === undefined) throw new Error('no such source')
  const cause = { type: 'manual', by: 'test' } as const
  const choice = { operation: 'backup', cause, uniqueKey: `${++made}`, dueAt: new Date(Date.now() - 1_000) } as const
  const run = await queue.enqueue(draftForSource(choice, { source, touched: ['far'] }, config))
  return run?.id ?? ''
}

async function take(who: string, holds: readonly string[] = []): Promise<string | undefined> {
  const { body } = await ask(who, 'lease', { holds, waitMs: 1_500 })
  return body.assignment?.run.id
}

const snapshot = (digit: string) => digit.repeat(64)
const made1 = { state: 'succeeded', result: { snapshots: { far: snapshot('1') }, bytesRead: 5 } }
const finish = (who: string, run: string, body: object = {}) =>
  ask(who, 'finish', { run, leasedBy: who.split(':')[1], outcome: made1, ...body })
const runOf = async (id: string): Promise<Run | undefined> => await catalogue.runs.get(id)

describe('a run', () => {
  test('is for its own agent, which another can neither keep, hand back, end nor talk about', async () => {
    const id = await queueBackup('a')
    expect(await take('two:x')).toBeUndefined()
    expect(await take('one:x')).toBe(id)
    expect((await ask('two:x', 'heartbeat', { run: id })).body).toEqual({ isLost: true, isCancelRequested: false })
    expect((await ask('two:x', 'release', { run: id })).body).toEqual({ isReleased: false })
    const event = { type: 'message.noted', level: 'warning', message: 'a word in the log' }
    expect((await ask('two:x', 'events', { run: id, events: [event] })).body).toEqual({ isHeard: false })
    expect((await finish('two:x', id)).body.error?.code).toBe('AGENT_RUN_FOREIGN')
    expect((await finish('two:x', 'no-such-run')).body.error?.code).toBe('AGENT_RUN_FOREIGN')
    expect(lines.join('')).not.toContain('a word in the log')
    expect(await runOf(id)).toMatchObject({ state: 'running', leasedBy: 'agent/one:x' })
    const said = { ...event, message: 'a\u001b[2J word' }
    expect((await ask('one:x', 'events', { run: id, events: [said] })).body).toEqual({ isHeard: true })
    expect(lines.join('')).toContain('a [2J word')
    expect((await finish('one:x', id)).body).toEqual({ counts: true })
  })

  test('whose answer got lost is told again, and its end counts however often it is told', async () => {
    const id = await queueBackup('a')
    expect(await take('one:x')).toBe(id)
    expect(await take('one:x')).toBe(id)
    expect(await take('one:x', [id])).toBeUndefined()
    const report = {
      snapshots: [{ repository: 'far', snapshotId: snapshot('1'), time: new Date().toISOString() }],
      figures: [],
    }
    expect((await finish('one:x', id, { report })).body).toEqual({ counts: true })
    expect((await finish('one:x', id, { report })).body).toEqual({ counts: true })
    expect(await runOf(id)).toMatchObject({ state: 'succeeded', attempt: 1, result: { bytesRead: 5 } })
    expect(await catalogue.snapshots.list({ source: 'a' })).toMatchObject([{ snapshotId: snapshot('1'), lineage: id }])
  })

  test('of a process that died is free when the agent begins again, unless its result is on the way', async () => {
    const [lost, kept] = [await queueBackup('a'), await queueBackup('b')]
    expect([await take('one:old'), await take('two:old')]).toEqual([lost, kept])
    await hello('one:new')
    await hello('two:new', true, [kept])
    expect(await take('one:new')).toBe(lost)
    expect(await runOf(lost)).toMatchObject({ attempt: 2, leasedBy: 'agent/one:new' })
    expect((await finish('one:old', lost)).body.error?.code, 'it is not dead after all').toBe('AGENT_COPIED')
    expect((await ask('two:new', 'finish', { run: lost, leasedBy: 'new', outcome: made1 })).body.error?.code).toBe(
      'AGENT_RUN_FOREIGN',
    )
    expect((await ask('two:new', 'finish', { run: kept, leasedBy: 'old', outcome: made1 })).body).toEqual({
      counts: true,
    })
    expect((await finish('one:new', lost)).body).toEqual({ counts: true })
  })

  test('that is told to have gone as it cannot have gone has failed, and nothing of it is written', async () => {
    const id = await queueBackup('b')
    await hello('two:x')
    await take('two:x')
    const before = await catalogue.snapshots.list({})
    const foreign = { state: 'succeeded', result: { snapshots: { elsewhere: snapshot('2') } } }
    const answer = await finish('two:x', id, { outcome: foreign })
    expect([answer.status, answer.body.error?.code]).toEqual([400, 'AGENT_REPORT_INVALID'])
    expect(await runOf(id)).toMatchObject({ state: 'failed', error: { code: 'AGENT_REPORT_INVALID' } })
    expect(await catalogue.snapshots.list({})).toEqual(before)
  })

  test('goes to no agent that was removed while it waited', async () => {
    const waiting = ask('gone:x', 'lease', { holds: [], waitMs: 4_000 })
    await expect.poll(() => catalogue.marks.get(agentMark.seen('gone'))).toBeDefined()
    await removeAgent(catalogue.marks, 'gone')
    const id = await queueBackup('c')
    expect((await waiting).body.assignment).toBeUndefined()
    expect(await runOf(id)).toMatchObject({ state: 'queued', attempt: 0 })
    expect((await ask('gone:x', 'lease', { holds: [] })).status).toBe(401)
  })
})

describe('an agent', () => {
  test('of another protocol is refused, whatever else it says, and is noted until it comes with the right one', async () => {
    const self = { ...selfOf('x'), protocol: 99, something: 'new' }
    const answer = await ask('one:new', 'hello', { self, isStart: true, holds: [], more: 1 })
    expect([answer.status, answer.body.error?.code]).toEqual([409, 'AGENT_PROTOCOL_MISMATCH'])
    expect(answer.body.error?.message).toContain('protocol 99')
    expect(await catalogue.marks.get(agentMark.refused('one'))).toBeDefined()
    expect((await hello('one:new', false)).body).toMatchObject({ name: 'one', leaseMs: 60_000 })
    expect(await catalogue.marks.get(agentMark.refused('one'))).toBeUndefined()
  })

  test('that the configuration does not name gets nothing', async () => {
    const answer = await ask('stranger:x', 'lease', { holds: [] })
    expect([answer.status, answer.body.error?.code]).toEqual([404, 'AGENT_UNKNOWN'])
  })

  test('may use its own routes only, and people may not use those', async () => {
    for (const route of Object.values(routes)) {
      if (route.role === 'agent' || route.role === 'public') continue
      const response = await fetch(`${address}${route.path.replace(/:\w+/g, 'a')}`, {
        method: route.method,
        headers: { authorization: `Bearer ${secrets.get('one')}` },
      })
      expect(response.status, route.name).toBe(403)
      await response.body?.cancel()
    }
    for (const what of ['hello', 'lease', 'heartbeat', 'finish', 'release', 'events']) {
      expect((await ask('nobody:x', what, {})).status, what).toBe(403)
    }
  })

  test('whose state directory was copied gets no run twice, and the copy takes none from it', async () => {
    const id = await queueBackup('a')
    await hello('one:at-work')
    const copy = stamps.get('one')
    expect(await take('one:at-work')).toBe(id)
    await hello('one:at-work', false)
    await hello('one:at-work', false)
    const begun = await ask('one:copy', 'hello', { isStart: true, holds: [], stamp: copy })
    expect([begun.status, begun.body.error?.code]).toEqual([409, 'AGENT_COPIED'])
    expect(JSON.parse((await catalogue.marks.get(agentMark.copied('one'))) ?? '')).toMatchObject({
      address: '127.0.0.1',
    })
    expect(await catalogue.marks.get(agentMark.seen('one')), 'who is at work is the one seen').toContain('at-work')
    for (const [what, body] of Object.entries({
      lease: { holds: [], waitMs: 0 },
      heartbeat: { run: id },
      release: { run: id },
      finish: { run: id, leasedBy: 'at-work', outcome: made1 },
      events: { run: id, events: [{ type: 'message.noted', level: 'info', message: 'hm' }] },
    })) {
      expect([what, (await ask('one:copy', what, body)).body.error?.code]).toEqual([what, 'AGENT_COPIED'])
    }
    expect((await ask('one:at-work', 'heartbeat', { run: id })).body).toMatchObject({ isLost: false })
    expect((await finish('one:at-work', id)).body).toEqual({ counts: true })
  })

  test('that begins anew while its last question waits gets nothing for that', async () => {
    await hello('one:before')
    const waiting = ask('one:before', 'lease', { holds: [], waitMs: 4_000 })
    await expect.poll(() => catalogue.marks.get(agentMark.seen('one'))).toContain('before')
    await hello('one:after')
    const id = await queueBackup('a')
    const [old, given] = await Promise.all([waiting, take('one:after')])
    expect(old.body.assignment).toBeUndefined()
    expect(given ?? (await take('one:after'))).toBe(id)
    expect((await finish('one:after', id)).body).toEqual({ counts: true })
    await hello('one:loud')
  })

  test('that talks without end is not written into the log without end', async () => {
    const id = await queueBackup('a')
    await hello('one:loud')
    expect(await take('one:loud')).toBe(id)
    const before = lines.length
    for (let round = 0; round < 10; round++) {
      const events = Array.from({ length: 100 }, (_, number) => ({
        type: 'message.noted',
        level: 'info',
        message: `word ${round}/${number}`,
      }))
      expect((await ask('one:loud', 'events', { run: id, events })).status).toBe(200)
    }
    expect(lines.length - before).toBeLessThanOrEqual(600)
    expect((await finish('one:loud', id)).body).toEqual({ counts: true })
  })

  test('that asks without end is told to wait', async () => {
    const statuses = new Set<number>()
    // a new minute may begin meanwhile, once
    for (let asked = 0; asked < 2_600 && !statuses.has(429); asked += 100) {
      const some = Array.from({ length: 100 }, () => ask('two:x', 'heartbeat', { run: 'r' }))
      for (const { status } of await Promise.all(some)) statuses.add(status)
    }
    expect(statuses).toEqual(new Set([200, 429]))
    expect((await ask('one:loud', 'heartbeat', { run: 'r' })).status).toBe(200)
  })

  test('lets itself in with a token over HTTP, once', async () => {
    const { token } = await inviteAgent(catalogue.marks, 'two', 60_000, ctx)
    const enrol = (digest: string) => ask('nobody:x', 'enrol', { self: undefined, token, secretDigest: digest })
    expect((await enrol('a'.repeat(64))).body).toEqual({ name: 'two' })
    expect((await enrol('b'.repeat(64))).status).toBe(403)
    const noted = acts.map((act) => ({ ...act, caller: undefined }))
    expect(noted, 'the audit log says who was let in').toContainEqual({
      act: 'agent.enrol',
      subject: 'two',
      outcome: 'done',
    })
    expect(lines.join('')).not.toContain(token)
  })
})
