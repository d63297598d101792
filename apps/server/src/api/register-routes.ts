import { mayDo } from '@holdfast/api/caller'
import type { Route, RouteInput } from '@holdfast/api/route'
import { routes } from '@holdfast/api/routes'
import { type Context, withSignal } from '@holdfast/core/context'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ApiSurroundings, AuditedAct } from './api-surroundings.ts'
import type { Answers } from './create-answers.ts'
import { readInput } from './read-input.ts'
import type { RouteAnswer } from './route-answer.ts'
import { sendReply } from './send-reply.ts'

/** Adds every route to what is answered. */
export function registerRoutes(
  app: FastifyInstance,
  answers: Answers,
  surroundings: Pick<ApiSurroundings, 'audit'>,
  ctx: Context,
): void {
  for (const route of Object.values<Route>(routes)) {
    // boundary: `Answers` has an answer of the right shape under each route's name
    const answer = answers[route.name as keyof Answers] as unknown as RouteAnswer<Route>
    app.route({
      method: route.method,
      url: route.path,
      // the other kinds would be made in vain
      exposeHeadRoute: route.method === 'GET' && route.reply.kind === 'json',
      handler: (request, reply) => answerRoute({ route, answer, audit: surroundings.audit }, request, reply, ctx),
    })
  }
}

interface AnsweredRoute {
  readonly route: Route
  readonly answer: RouteAnswer<Route>
  readonly audit: ApiSurroundings['audit']
}

/** Role, input, answer, audit, reply. */
async function answerRoute(
  { route, answer, audit }: AnsweredRoute,
  request: FastifyRequest,
  reply: FastifyReply,
  ctx: Context,
): Promise<void> {
  const { caller } = request
  const gone = new AbortController()
  reply.raw.once('close', () => gone.abort(new AppError('INTERRUPTED', {})))
  const own = withSignal(ctx, AbortSignal.any([ctx.signal, gone.signal]))
  let input: RouteInput<Route> | undefined
  let made: unknown
  const note = async (outcome: AuditedAct['outcome'], error?: unknown): Promise<void> => {
    if (route.act === undefined) return
    const code = isAppError(error) ? { code: error.code } : {}
    await audit({ caller, act: route.act, subject: subjectOf(route, request, { input, made }), outcome, ...code })
  }
  try {
    checkRole(route, caller)
  } catch (error) {
    await note('refused', error)
    throw error
  }
  try {
    input = readInput(route, request)
    made = await answer(input, caller, own)
  } catch (error) {
    await note(isAppError(error) && isRefusal(error) ? 'refused' : 'failed', error)
    throw error
  }
  await note('done')
  await sendReply(route, made, reply, own)
}

function checkRole(route: Route, caller: FastifyRequest['caller']): void {
  if (mayDo(caller, route.role)) return
  if (caller.kind === 'nobody') throw new AppError('SIGN_IN_NEEDED', {})
  throw new AppError('NOT_ALLOWED', { name: caller.name, role: route.role })
}

function isRefusal({ code }: AppError): boolean {
  return code === 'CALLER_LIMITED' || code === 'NOT_ALLOWED'
}

/** Only what the route says may be shown: bodies hold passwords. */
function subjectOf(
  route: Route,
  request: FastifyRequest,
  { input, made }: { readonly input: RouteInput<Route> | undefined; readonly made: unknown },
): string {
  const params: unknown = input?.params ?? request.params
  const fieldsOf = (from: unknown, keys: readonly string[] = []): string[] =>
    keys.flatMap((key) => textsOf(pick(from, key)))
  const named = [...textsOf(params), ...fieldsOf(input?.body, route.subject), ...fieldsOf(made, route.answeredSubject)]
  return named.join(' ').slice(0, 500)
}

function pick(from: unknown, key: string): unknown {
  return typeof from === 'object' && from !== null ? { value: Reflect.get(from, key) as unknown } : undefined
}

function textsOf(from: unknown): string[] {
  if (typeof from !== 'object' || from === null) return []
  return Object.values(from).filter((value): value is string => typeof value === 'string')
}
