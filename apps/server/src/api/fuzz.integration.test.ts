/**
 * Every route gets requests made of its own schemas: right ones, ones with one mistake, hostile ones. None may be a
 * fault of the server, hang, answer otherwise than its schema says, or show a secret. A new route is covered by being one.
 */
import { Agent, request as httpRequest } from 'node:http'
import { errorBodySchema } from '@holdfast/api/error-body'
import { mayDo } from '@holdfast/api/caller'
import type { Route } from '@holdfast/api/route'
import { routes } from '@holdfast/api/routes'
import { type Role, roles } from '@holdfast/core/access/role'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ApiFixture, canaries, openApiFixture } from './testing/api-fixture.ts'
import type { KnownValues } from './testing/arbitrary-of-schema.ts'
import { type FuzzedRequest, hostileRequests, nearlyValidRequests, validRequests } from './testing/fuzzed-request.ts'

/** More by `npm run chaos`; another seed finds other things. */
const times = Number(process.env['HOLDFAST_CHAOS_MINUTES'] ?? 0) > 0 ? 20 : 1
const seed = Number(process.env['HOLDFAST_TEST_SEED'] ?? 20_261_121)
const patienceMs = 60_000

const all = Object.values<Route>(routes)
/** Those whose own agent is not there are refused before anything is read. */
const forPeople = all.filter(({ role }) => role !== 'agent')

let fixture: ApiFixture
let known: KnownValues
const tokens = new Map<Role | 'nobody', string>()
const agent = new Agent({ keepAlive: true, maxSockets: 8 })

beforeAll(async () => {
  fixture = await openApiFixture()
  for (const role of roles) tokens.set(role, await fixture.token(role))
  const client = fixture.client(tokens.get('admin'))
  const run = await client.call('runs.start', { body: { operation: 'backup', source: 'shop' } })
  known = {
    source: ['shop', 'wiki', 'db'],
    name: ['shop', 'wiki', 'web-1'],
    password: ['four words by chance'],
    repository: ['first', 'second'],
    from: ['first'],
    run: [run.id, run.id.slice(-6)],
    runId: [run.id],
    snapshot: [fixture.snapshotId, fixture.snapshotId.slice(0, 8), 'latest'],
    key: ['failed:source/shop', 'overdue:source/wiki'],
    proof: ['proof-1'],
    application: ['store'],
    before: [run.id, 'proof-1'],
    path: ['/', `${fixture.directory}/data/file.txt`, `${fixture.directory}/data`],
    yaml: ['sources: {}', 'repositories: { a: { location: "${OTHER}" } }'],
    role: ['viewer', 'operator'],
  }
})
afterAll(async () => {
  agent.destroy()
  await fixture[Symbol.asyncDispose]()
})

interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string
  readonly headers: string
}

/** Of a stream the first bytes. */
function send(request: FuzzedRequest, token: string | undefined): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = request.body === undefined ? {} : { 'content-length': String(Buffer.byteLength(request.body)) }
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const { headers } = request
    const sent = httpRequest(
      fixture.address,
      { agent, method: request.method, path: request.path, headers: { ...length, ...headers, ...authorization } },
      (answer) => {
        let body = ''
        const type = answer.headers['content-type'] ?? ''
        const done = (): void => {
          clearTimeout(timer)
          resolve({ status: answer.statusCode ?? 0, type, body, headers: JSON.stringify(answer.headers) })
        }
        answer.setEncoding('utf8').on('data', (chunk: string) => {
          body += chunk
          if (!type.startsWith('text/event-stream')) return
          done()
          sent.destroy()
        })
        answer.on('end', done)
      },
    )
    const timer = setTimeout(() => sent.destroy(new Error('the answer does not come')), patienceMs)
    sent.on('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
    sent.end(request.body)
  })
}

/** Limits by the minute are of another test. */
let asked = 0
async function ask(request: FuzzedRequest, token: string | undefined): Promise<Answer> {
  if (++asked % 100 === 0) fixture.advance(61_000)
  return await send(request, token)
}

function expectSound(route: Route, request: FuzzedRequest, answer: Answer, linesBefore: number): void {
  const shown = `${request.method} ${request.path.slice(0, 300)} ${request.body?.slice(0, 300) ?? ''}\n${answer.status} ${answer.body.slice(0, 500)}`
  const lines = fixture.log().slice(linesBefore)
  expect(answer.status, `${shown}\n${lines.join('')}`).toBeLessThan(500)
  if (answer.status >= 400) {
    // what is no HTTP is refused by the parser below everything
    if (answer.body !== '') expect(errorBodySchema.safeParse(JSON.parse(answer.body)).error, shown).toBeUndefined()
  } else if (route.reply.kind === 'json' && answer.status !== 204 && request.method !== 'HEAD') {
    expect(route.reply.schema.safeParse(JSON.parse(answer.body)).error, shown).toBeUndefined()
  }
  for (const canary of Object.values(canaries)) {
    // what was sent may come back, in the name that is not known
    if (JSON.stringify(request).includes(canary)) continue
    expect(answer.headers + (route.reply.kind === 'file' ? '' : answer.body), shown).not.toContain(canary)
    expect(lines.join(''), shown).not.toContain(canary)
  }
  for (const token of tokens.values()) expect(answer.body + lines.join(''), shown).not.toContain(token)
}

describe.each(forPeople.map((route) => [route.name, route] as const))('%s', (_name, route) => {
  test(`takes anything, whoever sends it (seed ${seed})`, async () => {
    const role = route.role === 'public' || route.role === 'agent' ? 'viewer' : route.role
    const token = tokens.get(role)
    const kinds = [
      [validRequests(route, known), 5],
      [nearlyValidRequests(route, known), 10],
      [hostileRequests(route, known), 14],
    ] as const
    for (const [requests, count] of kinds) {
      for (const request of fc.sample(requests, { numRuns: count * times, seed })) {
        const before = fixture.log().length
        expectSound(route, request, await ask(request, token), before)
      }
    }
  })
})

test('who is not allowed is refused before anything of the request is looked at', async () => {
  const wrong: string[] = []
  for (const route of all) {
    const requests = [
      ...fc.sample(validRequests(route, known), { numRuns: 2, seed }),
      ...fc.sample(nearlyValidRequests(route, known), { numRuns: 1, seed }),
    ]
    for (const request of requests) {
      for (const role of [...roles, undefined]) {
        if (mayDo({ role: role ?? 'none' }, route.role)) continue
        const answer = await ask(request, role === undefined ? undefined : tokens.get(role))
        const expected = role === undefined ? 401 : 403
        // a place that leads elsewhere is not this route
        const isElsewhere = answer.status === 404 || answer.status === 405
        if (answer.status !== expected && !isElsewhere) wrong.push(`${route.name} by ${role}: ${answer.status}`)
      }
    }
  }
  expect(wrong).toEqual([])
})
