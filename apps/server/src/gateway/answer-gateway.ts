import { Readable } from 'node:stream'
import { type Context, withSignal } from '@holdfast/core/context'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import type { Catalogue } from '@holdfast/orchestrator/catalogue/catalogue'
import type { IntakeType } from '@holdfast/repository/intake/intake-job'
import type { LockIdentity } from '@holdfast/repository/lock/lock-identity'
import type { FileId } from '@holdfast/storage/backend'
import { flatPath } from '@holdfast/storage/layout'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { GatewayGrant } from './gateway-grant.ts'
import type { GatewayPath } from './gateway-path.ts'
import type { ServedRepository } from './gateway-repositories.ts'
import type { GatewayMethod, Permission } from './gateway-role.ts'
import { type OwnFiles, ownFilesOf } from './own-files.ts'
import { readPieces } from './read-pieces.ts'
import { uploadLimitBytes } from './receive-upload.ts'
import { readRange } from './requested-range.ts'
import { makeListing } from './send-listing.ts'
import { storeUpload, type Upload } from './store-upload.ts'
import { withinVolume } from './within-volume.ts'

export interface GatewayExchange {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly method: GatewayMethod
  readonly target: GatewayPath['target']
  /** `yes` or `own`: what is refused does not get here */
  readonly permission: Exclude<Permission, 'no'>
  readonly grant: GatewayGrant
}

export interface GatewayKnowledge extends Pick<Catalogue, 'marks' | 'runs'> {
  /** of this process */
  readonly identity: LockIdentity
}

/** Answers a request that the role allows; a file or listing goes on being sent after this has returned. */
export async function answerGateway(
  exchange: GatewayExchange,
  served: ServedRepository,
  { marks, runs, identity }: GatewayKnowledge,
  ctx: Context,
): Promise<void> {
  const { grant, target, method } = exchange
  const { backend } = served.repository
  const own = ownFilesOf(marks, { agent: grant.agent, repository: served.name, backend, sources: grant.sources.size })
  if (target.kind === 'listing') return await sendListing(exchange, target.type, served, own, ctx)
  if (target.kind === 'root') throw denied(exchange)
  const file: FileId = target.kind === 'config' ? { type: 'config', name: 'config' } : target.file
  switch (method) {
    case 'HEAD': {
      const { sizeBytes } = await backend.stat(file, ctx)
      return void exchange.reply.header('content-length', sizeBytes).send()
    }
    case 'GET':
      await requireOwn(exchange, file, own)
      return await sendFile(exchange, file, served, ctx)
    case 'POST':
      await receiveFile(exchange, file, { served, own, runs, identity, marks }, ctx)
      return void exchange.reply.send()
    case 'DELETE':
      await requireOwn(exchange, file, own)
      await backend.remove(file, ctx)
      if (file.type === 'lock') await own.lockRemoved(file.name)
      return void exchange.reply.send()
  }
}

/** Of what only its writer may touch; GATEWAY_DENIED for all others, and for what is not there. */
async function requireOwn(exchange: GatewayExchange, file: FileId, own: OwnFiles): Promise<void> {
  if (exchange.permission === 'yes') return
  const { type, name } = file
  if ((type === 'lock' || type === 'snapshot') && (await own.isOwn(type, name))) return
  throw denied(exchange)
}

/** The act, as logs and clients are told it. */
export function denied({ grant, method, target }: Pick<GatewayExchange, 'grant' | 'method' | 'target'>): AppError {
  const what =
    target.kind === 'file'
      ? flatPath(target.file)
      : target.kind === 'listing'
        ? `the ${target.type} files`
        : target.kind
  return new AppError('GATEWAY_DENIED', { agent: grant.agent, action: `${method} ${what}` })
}

async function sendListing(
  { request, reply, permission }: GatewayExchange,
  type: Parameters<typeof makeListing>[1],
  { repository }: ServedRepository,
  own: OwnFiles,
  ctx: Context,
): Promise<void> {
  const only = permission === 'own' && type === 'snapshot' ? await own.snapshotNames() : undefined
  const accept = request.headers.accept ?? ''
  const { contentType, pieces } = makeListing(repository.backend, type, { accept, only }, whileOpen(reply, ctx))
  await send(reply.header('content-type', contentType), Readable.from(pieces))
}

async function sendFile(
  { request, reply }: GatewayExchange,
  file: FileId,
  { repository: { backend } }: ServedRepository,
  ctx: Context,
): Promise<void> {
  const { sizeBytes } = await backend.stat(file, ctx)
  const range = readRange(request.headers.range, sizeBytes)
  if (range === undefined) return void reply.code(416).header('content-range', `bytes */${sizeBytes}`).send()
  const part = range === 'whole' ? { start: 0, length: sizeBytes } : range
  if (range !== 'whole') {
    reply.code(206).header('content-range', `bytes ${part.start}-${part.start + part.length - 1}/${sizeBytes}`)
  }
  reply.header('content-type', 'application/octet-stream').header('content-length', part.length)
  await send(reply, Readable.from(readPieces(backend, file, part, whileOpen(reply, ctx))))
}

/** Returns when all was sent, or the client has gone. Fails with what the store broke off with: the client is cut off. */
async function send(reply: FastifyReply, body: Readable): Promise<void> {
  const over = new Promise<void>((resolve) => reply.raw.once('close', resolve))
  let failure: unknown
  body.once('error', (error) => {
    failure = error
  })
  void reply.send(body)
  await over
  if (failure !== undefined && !isAppError(failure, 'INTERRUPTED')) throw failure
}

/** Ends when the client goes away. */
function whileOpen(reply: FastifyReply, ctx: Context): Context {
  const gone = new AbortController()
  reply.raw.once('close', () => gone.abort(new AppError('INTERRUPTED', {})))
  return withSignal(ctx, AbortSignal.any([ctx.signal, gone.signal]))
}

async function receiveFile(
  exchange: GatewayExchange,
  { type, name }: FileId,
  { marks, ...given }: Pick<Upload, 'served' | 'own' | 'runs' | 'identity'> & Pick<GatewayKnowledge, 'marks'>,
  ctx: Context,
): Promise<void> {
  if (!isIntakeType(type)) throw denied(exchange)
  const { grant, request } = exchange
  const text = request.headers['content-length'] ?? ''
  const sizeBytes = /^\d{1,15}$/.test(text) ? Number(text) : undefined
  const file = { type, name }
  const damaged = (reason: string): AppError =>
    new AppError('GATEWAY_UPLOAD_DAMAGED', { file: flatPath(file), agent: grant.agent, reason })
  if (sizeBytes === undefined) throw damaged('its length is not announced')
  if (sizeBytes > uploadLimitBytes[type]) throw new AppError('REQUEST_TOO_LARGE', {})
  await refuseExisting(file, given.served, ctx)
  const { socket } = request.raw
  // the store may take longer than an idle client is waited for
  const onReceived = (): void => void socket.setTimeout(0)
  const upload = { file, body: request.raw, sizeBytes, grant, ...given, onReceived }
  await withinVolume(marks, upload, () => storeUpload(upload, ctx), ctx)
}

/** What is there is never written again. */
async function refuseExisting(
  file: FileId,
  { repository: { backend } }: ServedRepository,
  ctx: Context,
): Promise<void> {
  try {
    await backend.stat(file, ctx)
  } catch (error) {
    if (isAppError(error, 'STORAGE_FILE_MISSING')) return
    throw error
  }
  throw new AppError('STORAGE_FILE_EXISTS', { file: flatPath(file), location: backend.location })
}

function isIntakeType(type: FileId['type']): type is IntakeType {
  return type === 'data' || type === 'index' || type === 'snapshot' || type === 'lock'
}
