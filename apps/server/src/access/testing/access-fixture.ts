/** A server that only lets people in, on a catalogue of its own and a clock that stands still. Only for tests. */
import type { OutgoingHttpHeaders } from 'node:http'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { routes } from '@holdfast/api/routes'
import type { SettingMap } from '@holdfast/core/config/setting'
import { effectiveConfigOf } from '@holdfast/core/config/testing/effective-config-fixture'
import { type Context, quietContext } from '@holdfast/core/context'
import { openCatalogue, type OpenedCatalogue } from '@holdfast/orchestrator/catalogue/open-catalogue'
import fastify, { type FastifyInstance, type InjectOptions } from 'fastify'
import type { Answers } from '../../api/create-answers.ts'
import { answerError } from '../../http/error-answer.ts'
import { readJsonBodies } from '../../api/read-json-bodies.ts'
import { registerRoutes } from '../../api/register-routes.ts'
import { createServerLog } from '../../server-log.ts'
import { accessPart } from '../access-part.ts'
import { exchangeOf } from '../exchange.ts'
import { createActNotes } from '../note-act.ts'
import { createPeopleAnswers } from '../people-answers.ts'
import { providerPart } from '../provider/provider-part.ts'

export interface AccessFixture extends AsyncDisposable {
  readonly catalogue: OpenedCatalogue
  readonly ctx: Context
  advance(ms: number): void
  /** With these settings under `server`: the routes about people, and /who, which answers who asked. */
  serve(server: SettingMap): Promise<FastifyInstance>
}

/** what the provider and the servers of these tests both know */
export const providerSecret = 'a secret that both know'

export async function openAccess(): Promise<AccessFixture> {
  let nowMs = Date.parse('2026-11-21T12:00:00Z')
  const ctx = quietContext({ now: () => new Date(nowMs) })
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-access-'))
  const catalogue = await openCatalogue({ type: 'sqlite', path: join(directory, 'catalogue.db') }, ctx)
  const apps: FastifyInstance[] = []
  return {
    catalogue,
    ctx,
    advance: (ms) => {
      nowMs += ms
    },
    async serve(server) {
      const app = fastify({ forceCloseConnections: true })
      apps.push(app)
      const config = effectiveConfigOf({ server })
      app.setErrorHandler((error, _request, reply) => {
        const { status, body } = answerError(error)
        void reply.code(status).send(body)
      })
      const readAgentSecret = async (secret: string) => (secret === 'agent-secret' ? 'web-1' : undefined)
      await accessPart({ catalogue, settings: config.server, readAgentSecret, recheckMs: 20 }, ctx)(app)
      app.all('/who', async ({ caller }) => caller)
      app.get('/exchange', async ({ caller }) => exchangeOf(caller))
      for (const path of ['/', '/healthz', '/readyz', '/metrics', '/gateway/*']) app.get(path, async () => 'ok')
      app.get('/endless', (_request, reply) => {
        reply.hijack()
        reply.raw.write('begun')
      })
      const people = createPeopleAnswers({ catalogue, config: () => config })
      const absent = Object.fromEntries(Object.keys(routes).map((name) => [name, async () => ({})]))
      // boundary: of the others nobody is asked here
      const answers = { ...absent, ...people } as unknown as Answers
      const log = createServerLog({ write: () => {} }, () => ctx.now())
      const audit = createActNotes(catalogue, log)
      await app.register(async (api) => {
        readJsonBodies(api)
        registerRoutes(api, answers, { audit }, ctx)
      })
      const resolveSecret = async () => providerSecret
      await providerPart({ catalogue, log, config: () => config, resolveSecret, audit }, ctx)(app)
      return app
    },
    async [Symbol.asyncDispose]() {
      for (const app of apps) await app.close()
      await catalogue[Symbol.asyncDispose]()
      rmSync(directory, { recursive: true })
    },
  }
}

/** a caller, or the body of an error, or of any other answer */
interface Answered {
  readonly kind?: string
  readonly name?: string
  readonly role?: string
  readonly error?: { readonly code: string }
  readonly [field: string]: unknown
}

/** Asks /who, unless told otherwise, as a client of this machine does. */
export async function ask(
  app: FastifyInstance,
  options: InjectOptions & { readonly headers?: Headers } = {},
): Promise<Answer> {
  const reply = await app.inject({ url: '/who', ...options, headers: { host: '127.0.0.1:8090', ...options.headers } })
  const body = reply.body.startsWith('{') ? reply.json<Answered>() : {}
  return { ...body, status: reply.statusCode, headers: reply.headers, code: body.error?.code }
}

export interface Answer extends Answered {
  readonly status: number
  readonly headers: OutgoingHttpHeaders
  readonly code: string | undefined
}

export type Headers = Readonly<Record<string, string>>
