import { type Caller, mayDo } from '@holdfast/api/caller'
import type { Route } from '@holdfast/api/route'
import { routes } from '@holdfast/api/routes'
import { quietContext } from '@holdfast/core/context'
import fastify, { type FastifyInstance } from 'fastify'
import { beforeAll, describe, expect, test } from 'vitest'
import { answerError } from '../http/error-answer.ts'
import type { Answers } from '../api/create-answers.ts'
import { registerRoutes } from '../api/register-routes.ts'

const reached: string[] = []
let app: FastifyInstance

beforeAll(async () => {
  app = fastify()
  app.setErrorHandler((error, _request, reply) => {
    const { status, body } = answerError(error)
    void reply.code(status).send(body)
  })
  app.addHook('onRequest', async (request) => {
    // boundary: set by the tests below
    const role = request.headers['x-test-role'] as Caller['role']
    request.caller = { kind: role === 'none' ? 'nobody' : 'user', name: role, role }
  })
  const answer = (name: string) => async () => {
    reached.push(name)
    throw new Error('reached')
  }
  // boundary: every route has one that only notes that it was reached
  const answers = Object.fromEntries(Object.keys(routes).map((name) => [name, answer(name)])) as unknown as Answers
  registerRoutes(app, answers, { audit: async () => {} }, quietContext())
})

const everyRoute = Object.values<Route>(routes).map((route) => [route.name, route] as const)
const callers = ['none', 'viewer', 'operator', 'admin', 'agent'] as const

describe.each(everyRoute)('%s', (_name, route) => {
  test.each(callers)('is refused to whom it is not for, before its input is looked at: %s', async (role) => {
    const url = route.path.replaceAll(/:\w+|\*/g, 'x')
    reached.length = 0
    const reply = await app.inject({ method: route.method, url, headers: { 'x-test-role': role } })
    if (mayDo({ role }, route.role)) {
      expect([401, 403]).not.toContain(reply.statusCode)
      return
    }
    expect(reply.json()).toMatchObject({ error: { code: role === 'none' ? 'SIGN_IN_NEEDED' : 'NOT_ALLOWED' } })
    expect(reached).toEqual([])
  })
})

test('public are only those by which one becomes somebody, and what describes the rest', () => {
  const names = everyRoute.filter(([, route]) => route.role === 'public').map(([name]) => name)
  expect(names.toSorted()).toEqual(['agents.enrol', 'description.get', 'session.close', 'session.get', 'session.open'])
})

test('whatever changes something has a name in the audit log, but for what agents do all day', () => {
  // these look at what is sent, and change nothing; signing out is everybody's own affair
  const harmless = new Set(['configuration.check', 'restores.plan', 'session.close'])
  const silent = everyRoute.filter(([name, { method, act, role }]) => {
    return method !== 'GET' && act === undefined && role !== 'agent' && !harmless.has(name)
  })
  expect(silent).toEqual([])
})
