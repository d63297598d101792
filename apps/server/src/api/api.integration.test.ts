import { request as httpRequest } from 'node:http'
import { text } from 'node:stream/consumers'
import { ApiError } from '@holdfast/api/client/api-error'
import type { ClientEvent } from '@holdfast/api/client'
import type { EventView } from '@holdfast/api/view/event-view'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ApiFixture, canaries, openApiFixture } from './testing/api-fixture.ts'

let fixture: ApiFixture
let admin: ReturnType<ApiFixture['client']>

beforeAll(async () => {
  fixture = await openApiFixture()
  admin = fixture.client(await fixture.token('admin'))
})
afterAll(() => fixture[Symbol.asyncDispose]())

const refusal = async (asked: Promise<unknown>): Promise<ApiError> => {
  const error: unknown = await asked.then(
    () => undefined,
    (failure: unknown) => failure,
  )
  if (!(error instanceof ApiError)) throw new Error(`was not refused: ${String(error)}`)
  return error
}

describe('a caller who may see everything', () => {
  test('sees how each source stands, what holds for it and what was done', async () => {
    const { sources } = await admin.call('sources.list')
    expect(sources.map(({ name }) => name)).toEqual(['shop', 'wiki', 'db'])
    const shop = await admin.call('sources.get', { params: { source: 'shop' } })
    expect(shop.source).toMatchObject({ name: 'shop', type: 'files', lastProof: { verdict: 'passed' } })
    expect(shop.settings).toMatchObject({ tier: 'important', rpo: '24h' })
    expect(shop.held).toMatchObject([{ repository: 'first', count: 1, newestId: fixture.snapshotId }])
    expect(shop.proofs).toHaveLength(1)
    const status = await admin.call('status.get')
    expect(status.applications).toMatchObject([{ name: 'store', sources: ['shop', 'db'] }])
    expect(status.otherFindings.map(({ key }) => key)).toEqual(['capacity:repository/first'])
  })

  test('reads proofs with what was looked at, tiers with their sources, and the report as a file', async () => {
    const { proof, checks } = await admin.call('proofs.get', { params: { proof: 'proof-1' } })
    expect(proof).toMatchObject({ source: 'shop', recoveryMs: 1500 })
    expect(checks).toMatchObject([{ name: 'restored', evidence: '1 file' }])
    const { tiers } = await admin.call('tiers.list')
    expect(tiers.find(({ name }) => name === 'temporary')).toMatchObject({ sources: ['wiki', 'db'] })
    const report = await admin.file('status.report', { query: { format: 'markdown' } })
    expect(report.name).toMatch(/^holdfast-report-.*\.md$/)
    expect(await text(report.content)).toContain('shop')
  })

  test('starts a run, finds it page by page, and cancels it once', async () => {
    const started = await admin.call('runs.start', { body: { operation: 'backup', source: 'wiki' } })
    expect(started).toMatchObject({ state: 'queued', source: 'wiki', cause: { type: 'manual' }, attempts: 1 })
    const second = await admin.call('runs.start', { body: { operation: 'prune', repository: 'first' } })
    const page = await admin.call('runs.list', { query: { limit: 1 } })
    expect(page.runs.map(({ id }) => id)).toEqual([second.id])
    const next = await admin.call('runs.list', { query: { limit: 1, before: page.before } })
    expect(next.runs.map(({ id }) => id)).toEqual([started.id])
    const { activeRuns } = (await admin.call('sources.get', { params: { source: 'wiki' } })).source
    expect(activeRuns.map(({ id }) => id)).toEqual([started.id])
    const cancelled = await admin.call('runs.cancel', { params: { run: started.id.slice(-8) } })
    expect(cancelled).toMatchObject({ id: started.id, state: 'cancelled' })
    expect(await refusal(admin.call('runs.cancel', { params: { run: started.id } }))).toMatchObject({
      status: 409,
      code: 'RUN_ENDED',
    })
    const acts = await fixture.catalogue.audit.list({ limit: 4 })
    expect(acts.map(({ act, outcome }) => [act, outcome])).toContainEqual(['run.cancel', 'done'])
    expect(acts.find(({ act }) => act === 'run.start')?.subject).toContain('first')
  })

  test('starts a run once, however often it is asked for under one key', async () => {
    const client = fixture.client(await fixture.token('operator'))
    const backup = { body: { operation: 'backup', source: 'wiki' } } as const
    const once = { idempotencyKey: 'a1b2' }
    const first = await client.call('runs.start', backup, once)
    expect((await client.call('runs.start', backup, once)).id).toBe(first.id)
    const other = { body: { operation: 'backup', source: 'shop' } } as const
    expect(await refusal(client.call('runs.start', other, once))).toMatchObject({
      status: 422,
      code: 'REQUEST_KEY_REUSED',
    })
    expect((await admin.call('runs.start', backup, once)).id).not.toBe(first.id)
    expect(await refusal(client.call('runs.start', backup, { idempotencyKey: 'a b' }))).toMatchObject({
      code: 'REQUEST_INVALID',
      problems: [{ path: 'headers.idempotency-key' }],
    })
    const [bare] = await fixture.catalogue.runs.list({ limit: 1 })
    const answer = await fetch(`${fixture.address}/api/v1/runs`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await fixture.token('admin')}`,
        'content-type': 'application/json',
        'idempotency-key': 'bare',
      },
      body: JSON.stringify(backup.body),
    })
    expect(await answer.json()).not.toMatchObject({ id: bare?.id })
    expect(answer.status).toBe(202)
  })

  test('acknowledges a finding in its own name', async () => {
    const key = 'overdue:source/wiki'
    const finding = await admin.call('findings.acknowledge', { params: { key }, body: { note: 'seen' } })
    expect(finding.acknowledged).toMatchObject({ note: 'seen', isExpected: false })
    expect(finding.acknowledged?.by).toMatch(/^test-/)
    const { findings } = await admin.call('findings.list', { query: { resolvedDays: 30, source: 'shop' } })
    expect(findings.map((each) => each.key)).toEqual(['failed:source/shop', 'slow:source/shop'])
  })

  test('has a text checked as if it were the configuration, with lines, and nothing of this machine in the answer', async () => {
    const yaml =
      'repositories:\n  first: { location: "${OTHER}", password: { env: A } }\n  x: 1\ninclude: [/etc/passwd]\n'
    const { isValid, problems } = await admin.call('configuration.check', { body: { yaml } })
    expect(isValid).toBe(false)
    expect(problems).toContainEqual(expect.objectContaining({ path: 'repositories.x', line: 3 }))
    expect(JSON.stringify(problems)).not.toContain(canaries.variable)
    expect((await admin.call('configuration.get')).settings).toHaveProperty('sources.shop')
  })

  test('hears of each channel whether it took a message', async () => {
    const { results } = await admin.call('notifications.test', { body: {} })
    expect(results).toMatchObject([{ channel: 'hook', isTaken: false }])
    expect(JSON.stringify(results)).not.toContain(canaries.channel)
  })
})

describe('a caller who is limited to sources', () => {
  test('finds nothing of the others, not even in what errors suggest', async () => {
    const client = fixture.client(await fixture.token('admin', ['wiki']))
    const seen = [
      await client.call('sources.list'),
      await client.call('status.get'),
      await client.call('findings.list', { query: { resolvedDays: 30 } }),
      await client.call('runs.list'),
      await client.call('proofs.list'),
      await client.call('applications.list'),
      await client.call('repositories.list'),
    ]
    expect(JSON.stringify(seen)).toContain('wiki')
    expect(JSON.stringify(seen)).not.toMatch(/shop|"db"|store|"first"/)
    for (const source of ['shop', 'shpo', 'zzz']) {
      const error = await refusal(client.call('sources.get', { params: { source } }))
      expect(error).toMatchObject({ status: 404, code: 'SOURCE_UNKNOWN' })
      expect(error.hint).not.toContain('shop')
    }
    for (const asked of [
      () => client.call('proofs.get', { params: { proof: 'proof-1' } }),
      () => client.call('applications.get', { params: { application: 'store' } }),
      () => client.call('repositories.get', { params: { repository: 'first' } }),
      () => client.call('findings.acknowledge', { params: { key: 'failed:source/shop' }, body: {} }),
      () => client.call('runs.start', { body: { operation: 'backup', source: 'shop' } }),
    ]) {
      expect((await refusal(asked())).status).toBe(404)
    }
  })

  test('does nothing to what others need, whatever its role', async () => {
    const client = fixture.client(await fixture.token('admin', ['wiki']))
    for (const asked of [
      () => client.call('runs.start', { body: { operation: 'prune', repository: 'second' } }),
      () => client.call('configuration.get'),
      () => client.call('configuration.reload'),
      () => client.call('notifications.test', { body: {} }),
    ]) {
      expect(await refusal(asked())).toMatchObject({ status: 403, code: 'CALLER_LIMITED' })
    }
    expect(await client.call('runs.start', { body: { operation: 'backup', source: 'wiki' } })).toMatchObject({
      source: 'wiki',
    })
  })
})

test('whoever lacks the role is refused, and that is noted', async () => {
  const viewer = fixture.client(await fixture.token('viewer'))
  const start = { body: { operation: 'backup', source: 'shop' } } as const
  expect(await refusal(viewer.call('runs.start', start))).toMatchObject({ status: 403, code: 'NOT_ALLOWED' })
  const [act] = await fixture.catalogue.audit.list({ limit: 1 })
  expect(act).toMatchObject({ act: 'run.start', outcome: 'refused' })
  expect(await refusal(fixture.client(undefined).call('status.get'))).toMatchObject({
    status: 401,
    code: 'SIGN_IN_NEEDED',
  })
})

describe('a request that is wrong', () => {
  const send = async (method: string, path: string, headers: Record<string, string> = {}, body?: string) => {
    const token = await fixture.token('admin')
    return await new Promise<{ status: number; body: string; headers: unknown }>((resolve, reject) => {
      const sent = httpRequest(
        `${fixture.address}/`,
        { method, path, headers: { authorization: `Bearer ${token}`, ...headers } },
        (answer) => {
          text(answer).then(
            (all) => resolve({ status: answer.statusCode ?? 0, body: all, headers: answer.headers }),
            reject,
          )
        },
      )
      sent.on('error', reject)
      sent.end(body)
    })
  }
  const json = { 'content-type': 'application/json' }

  test.each([
    ['GET', '/api/v1/nowhere', {}, undefined, 404, 'ROUTE_UNKNOWN'],
    ['DELETE', '/api/v1/runs', {}, undefined, 405, 'METHOD_WRONG'],
    ['HEAD', '/api/v1/events', {}, undefined, 405, ''],
    ['POST', '/api/v1/runs', json, '{', 400, 'REQUEST_INVALID'],
    ['POST', '/api/v1/runs', json, '', 400, 'REQUEST_INVALID'],
    ['POST', '/api/v1/runs', json, '{"operation":"backup","source":"shop","x":1}', 400, 'REQUEST_INVALID'],
    ['POST', '/api/v1/runs', json, '{"__proto__":{"operation":"backup"}}', 400, 'REQUEST_INVALID'],
    ['POST', '/api/v1/runs', { 'content-type': 'text/plain' }, '{}', 415, 'MEDIA_TYPE_WRONG'],
    ['GET', '/api/v1/sources/%E0%A4%A', {}, undefined, 400, 'REQUEST_INVALID'],
    ['GET', '/api/v1/runs?limit=5&limit=6', {}, undefined, 400, 'REQUEST_INVALID'],
    ['GET', '/api/v1/runs?unknown=1', {}, undefined, 400, 'REQUEST_INVALID'],
    ['GET', '/api/v1/runs/..%2f..%2fetc', {}, undefined, 404, 'RUN_UNKNOWN'],
  ])('%s %s %o is answered in the form of all errors', async (method, path, headers, body, status, code) => {
    const answer = await send(method, path, headers, body)
    expect(answer.status).toBe(status)
    if (code !== '') expect(JSON.parse(answer.body)).toMatchObject({ error: { code, hint: expect.any(String) } })
  })

  test('is not read when it is too long', async () => {
    const body = await send('POST', '/api/v1/runs', json, `"${'x'.repeat(1 << 20)}"`)
    expect(body).toMatchObject({ status: 413, body: expect.stringContaining('REQUEST_TOO_LARGE') })
    const path = await send('GET', `/api/v1/sources/${'x'.repeat(2000)}`)
    expect(path).toMatchObject({ status: 400, body: expect.stringContaining('REQUEST_INVALID') })
  })

  test('names the place of each mistake, and not what was written there', async () => {
    const body = JSON.stringify({ note: 5, isExpected: canaries.variable })
    const answer = await send('POST', '/api/v1/findings/x/acknowledge', json, body)
    const { error } = JSON.parse(answer.body)
    expect(error.problems.map(({ path }: { path: string }) => path)).toEqual(['body.note', 'body.isExpected'])
    expect(answer.body).not.toContain(canaries.variable)
  })
})

describe('a stream of events', () => {
  /** The next events until one is as wanted. */
  async function until(
    events: AsyncIterator<ClientEvent<EventView>>,
    isWanted: (event: EventView) => boolean,
  ): Promise<ClientEvent<EventView>> {
    for (;;) {
      const next = await events.next()
      if (next.done === true) throw new Error('the stream is over')
      if (isWanted(next.value.data)) return next.value
    }
  }
  const open = (client: typeof admin, after?: string) => {
    const stop = new AbortController()
    const query = after === undefined ? {} : { query: { after } }
    const events = client.listen('events.stream', query, { signal: stop.signal })[Symbol.asyncIterator]()
    return { events, [Symbol.dispose]: () => stop.abort() }
  }
  const draft = (source: string) => ({ body: { operation: 'backup', source } as const })

  test('begins with a reset, and tells of changes by whoever makes them, and of progress', async () => {
    using stream = open(admin)
    expect((await stream.events.next()).value).toMatchObject({ data: { type: 'reset' } })
    const run = await admin.call('runs.start', draft('shop'))
    const isAbout = (state: string) => (event: EventView) =>
      event.type === 'run.changed' && event.run.id === run.id && event.run.state === state
    await until(stream.events, isAbout('queued'))
    const progressed = { type: 'backup.progressed', filesDone: 3, bytesDone: 9, errors: 0, currentFiles: [] } as const
    fixture.feed.progressed({ id: run.id, operation: 'backup', source: 'shop' }, progressed)
    const { data } = await until(stream.events, ({ type }) => type === 'run.progressed')
    expect(data).toMatchObject({ runId: run.id, progress: { what: 'files', done: 3, bytesDone: 9 } })
    // as another server on the same catalogue would
    await fixture.queue.cancel(run.id)
    await fixture.feed.look(fixture.ctx)
    await until(stream.events, isAbout('cancelled'))
  })

  test('goes on after the last event that was seen, or says that it cannot', async () => {
    using first = open(admin)
    const reset = await until(first.events, ({ type }) => type === 'reset')
    const run = await admin.call('runs.start', draft('shop'))
    await until(first.events, ({ type }) => type === 'run.changed')
    using again = open(admin, reset.id)
    expect((await again.events.next()).value).toMatchObject({ data: { type: 'run.changed', run: { id: run.id } } })
    using lost = open(admin, 'before:1')
    expect((await lost.events.next()).value).toMatchObject({ data: { type: 'reset' } })
    await admin.call('runs.cancel', { params: { run: run.id } })
  })

  test('tells a caller only of what it may see', async () => {
    const client = fixture.client(await fixture.token('operator', ['wiki']))
    using stream = open(client)
    await until(stream.events, ({ type }) => type === 'reset')
    await admin.call('runs.start', draft('db'))
    fixture.feed.reloaded('digest', fixture.ctx.now())
    const own = await admin.call('runs.start', draft('wiki'))
    const { value } = await stream.events.next()
    expect(value).toMatchObject({ data: { type: 'run.changed', run: { id: own.id } } })
  })

  test('tells when a finding is new, changed and over', async () => {
    using stream = open(admin)
    await until(stream.events, ({ type }) => type === 'reset')
    const [found] = await fixture.catalogue.findings.list({ isOpen: true })
    if (found === undefined) throw new Error('no finding')
    const about = async (change: object) => {
      await fixture.catalogue.findings.put([{ ...found, ...change }])
      await fixture.feed.look(fixture.ctx)
      const { data } = await until(stream.events, ({ type }) => type === 'finding.changed')
      return data.type === 'finding.changed' ? data.finding : undefined
    }
    expect(await about({ key: 'new:source/shop' })).toMatchObject({ key: 'new:source/shop' })
    expect(await about({ severity: 'critical' })).toMatchObject({ key: found.key, severity: 'critical' })
    expect(await about({ resolvedAt: fixture.ctx.now() })).toMatchObject({
      key: found.key,
      resolvedAt: expect.any(String),
    })
  })
})
