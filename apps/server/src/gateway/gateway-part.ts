import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Catalogue } from '@holdfast/orchestrator/catalogue/catalogue'
import type { Machine } from '@holdfast/orchestrator/operation/machine'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { readCredentials } from '../access/read-credentials.ts'
import type { HttpPart } from '../http/open-http.ts'
import type { ServerLog } from '../server-log.ts'
import { answerGateway, denied } from './answer-gateway.ts'
import { type GatewayGrant, grantOf } from './gateway-grant.ts'
import { parseGatewayPath } from './gateway-path.ts'
import { describeFailure } from './gateway-reply.ts'
import { createGatewayRepositories } from './gateway-repositories.ts'
import { type GatewayMethod, permissionFor } from './gateway-role.ts'
import { createRefusalNotes } from './note-refusal.ts'
import { createTurnstile, type Turnstile } from './turnstile.ts'

export interface GatewaySurroundings {
  config(): EffectiveConfig
  readonly catalogue: Pick<Catalogue, 'marks' | 'runs'>
  readonly machine: Machine
  readonly log: ServerLog
  /** the agent whose secret this is */
  readAgentSecret(secret: string): Promise<string | undefined>
}

/** Of one agent; restic opens five connections, and twice as many are worth having for several runs at once. */
const requestsAtOnce = 16
const requestsWaiting = 64
/** More than this is not read only to be thrown away. */
const drainedBytes = 1 << 20

/** `/gateway/<repository>/…`: restic's REST protocol, for agents that must not hold the credentials of the store. */
export function gatewayPart(surroundings: GatewaySurroundings, ctx: Context): HttpPart {
  const { config, catalogue, machine, log } = surroundings
  return async (app) => {
    const repositories = createGatewayRepositories(config, machine, ctx)
    app.addHook('onClose', () => repositories[Symbol.asyncDispose]())
    const knowledge = { marks: catalogue.marks, runs: catalogue.runs, identity: machine.identity }
    const noteRefusal = createRefusalNotes(log, catalogue.marks)
    const turnstiles = new Map<string, Turnstile>()

    async function answer(request: FastifyRequest, reply: FastifyReply): Promise<void> {
      const grant = await identify(request, surroundings)
      const path = parseGatewayPath(request.raw.url ?? '')
      // what is not its own and what is not there look alike
      const action = `${request.method} ${(request.raw.url ?? '').slice(0, 120)}`
      if (path === undefined || !grant.repositories.has(path.repository)) {
        throw new AppError('GATEWAY_DENIED', { agent: grant.agent, action })
      }
      const { method } = request
      if (!isMethod(method)) throw new AppError('GATEWAY_DENIED', { agent: grant.agent, action })
      const permission = permissionFor(grant.role, method, path.target)
      if (permission === 'no') throw denied({ grant, method, target: path.target })
      const turnstile = turnstiles.get(grant.agent) ?? createTurnstile(requestsAtOnce, requestsWaiting)
      turnstiles.set(grant.agent, turnstile)
      using place = await turnstile.enter(ctx.signal)
      if (place === undefined) throw new AppError('GATEWAY_BUSY', { agent: grant.agent })
      const exchange = { request, reply, method, target: path.target, permission, grant }
      await repositories.use(path.repository, (served) => answerGateway(exchange, served, knowledge, ctx))
    }

    await app.register(async (scope) => {
      scope.removeAllContentTypeParsers()
      // bodies are taken as they come, by whoever wants them
      scope.addContentTypeParser('*', (_request, _payload, done) => done(null))
      scope.all('/gateway/*', { logLevel: 'silent' }, async (request, reply) => {
        try {
          await answer(request, reply)
        } catch (error) {
          await answerFailure(error, request, reply)
        }
        return reply
      })
    })

    async function answerFailure(error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<void> {
      const { status, body, isOurs } = describeFailure(error)
      if (isOurs && !ctx.signal.aborted) log.failure('the gateway could not answer', error)
      await noteRefusal(error, ctx)
      if (reply.sent || reply.raw.headersSent) return
      const isLong = Number(request.headers['content-length'] ?? 'NaN') > drainedBytes
      if (isLong || request.headers['transfer-encoding'] !== undefined) reply.header('connection', 'close')
      if (status === 401) reply.header('www-authenticate', 'Basic realm="gateway"')
      if (status === 503) reply.header('retry-after', '5')
      void reply.code(status).header('cache-control', 'no-store').send(body)
    }
  }
}

async function identify(
  { headers }: FastifyRequest,
  { readAgentSecret, config }: GatewaySurroundings,
): Promise<GatewayGrant> {
  const credentials = readCredentials(headers.authorization)
  const agent = credentials === undefined ? undefined : await readAgentSecret(credentials.secret)
  const isNamed = credentials?.name === undefined || credentials.name === agent
  if (agent === undefined || !isNamed) throw new AppError('GATEWAY_UNKNOWN_AGENT', {})
  const grant = grantOf(config(), agent)
  if (grant === undefined) throw new AppError('GATEWAY_DENIED', { agent, action: 'use the gateway' })
  return grant
}

function isMethod(method: string): method is GatewayMethod {
  return method === 'GET' || method === 'HEAD' || method === 'POST' || method === 'DELETE'
}
