import { type Context, withSignal } from '@holdfast/core/context'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import type { Backend, ByteRange, FileContent, FileId, FileInfo } from '../backend.ts'
import { settleExisting } from '../existing-file.ts'
import { contentSize } from '../file-content.ts'
import { throwIfInterrupted } from '../interruption.ts'
import { flatPath, type FolderType, folderText } from '../layout.ts'
import { formatLocation, type RestLocation } from '../location.ts'
import { createHttpClient, type HttpClient, type HttpReply, type HttpRequest } from './http-exchange.ts'
import { receiveFile } from '../receive-file.ts'
import { connectionError, type RestAction, statusError } from './rest-error.ts'
import { createListingParser, type ListedFile, listingType } from './rest-listing.ts'

export interface RestBackendOptions {
  readonly location: RestLocation
  readonly username?: string
  readonly password?: string
  readonly ca?: string
  readonly clientCert?: string
  readonly insecureTls?: boolean
  readonly connections?: number
  readonly stuckAfterMs?: number
}

/** A repository behind restic's REST protocol, version 2 (and listings of version 1). */
export function createRestBackend(options: RestBackendOptions): Backend {
  const { connections = 5, stuckAfterMs = 120_000 } = options
  const { scheme, host, socketPath, path: root } = options.location
  const location = formatLocation(options.location)
  const client = createHttpClient({
    scheme,
    host,
    connections,
    stuckAfterMs,
    ...(socketPath === undefined ? {} : { socketPath }),
    ...(options.ca === undefined ? {} : { ca: options.ca }),
    ...(options.clientCert === undefined ? {} : { clientCert: options.clientCert }),
    ...(options.insecureTls === undefined ? {} : { insecureTls: options.insecureTls }),
  })
  const send = createSender(client, authorization(options.username, options.password))

  const doing = (action: string, file: FileId): RestAction => ({ action, file: flatPath(file), location })
  const urlOf = (file: FileId) => root + flatPath(file)

  /** undefined when there is no such file */
  async function sizeIfThere(file: FileId, ctx: Context): Promise<number | undefined> {
    throwIfInterrupted(ctx)
    if (file.type === 'tip') return undefined
    const what = doing('look up', file)
    const reply = await send(what, { method: 'HEAD', path: urlOf(file) }, ctx, [404])
    if (reply.status === 404) return undefined
    const sizeBytes = Number(reply.headers['content-length'] ?? 'absent')
    if (Number.isSafeInteger(sizeBytes) && sizeBytes >= 0) return sizeBytes
    throw connectionError(new Error('the server does not tell its size'), what)
  }

  async function stat(file: FileId, ctx: Context): Promise<FileInfo> {
    const sizeBytes = await sizeIfThere(file, ctx)
    if (sizeBytes === undefined) throw new AppError('STORAGE_FILE_MISSING', { file: flatPath(file), location })
    return { type: file.type, name: file.name, sizeBytes }
  }

  async function fetchListing(type: FolderType, ctx: Context): Promise<ListedFile[]> {
    const what = { action: 'list', file: folderText(type), location }
    const parser = createListingParser()
    const request = { method: 'GET', path: root + folderText(type), headers: { accept: listingType } } as const
    const reply = await send(what, request, ctx, [404], (piece) => parser.add(piece))
    if (reply.status === 404) return []
    try {
      return parser.end()
    } catch (error) {
      throw connectionError(error, what)
    }
  }

  async function* list(type: FileInfo['type'], ctx: Context): AsyncGenerator<FileInfo> {
    throwIfInterrupted(ctx)
    if (type === 'tip') return
    if (type === 'config') {
      const sizeBytes = await sizeIfThere({ type, name: 'config' }, ctx)
      if (sizeBytes !== undefined) yield { type, name: 'config', sizeBytes }
      return
    }
    for (const { name, sizeBytes } of await fetchListing(type, ctx)) {
      const size = sizeBytes ?? (await sizeIfThere({ type, name }, ctx))
      if (size !== undefined) yield { type, name, sizeBytes: size }
    }
  }

  /** A server that lets nobody read packs says so once: a backup would ask for every directory of its parent. */
  let packsRefused = false

  async function get(
    file: FileId,
    headers: Record<string, string>,
    onBody: (piece: Uint8Array) => void,
    ctx: Context,
  ): Promise<HttpReply> {
    const what = doing('read', file)
    if (packsRefused && file.type === 'data') throw statusError(403, what)
    const reply = await send(what, { method: 'GET', path: urlOf(file), headers }, ctx, [403, 416], onBody)
    if (reply.status !== 403) return reply
    packsRefused ||= file.type === 'data'
    throw statusError(403, what)
  }

  async function read(file: FileId, range: ByteRange | undefined, ctx: Context): Promise<Uint8Array> {
    if (file.type === 'tip') throw new AppError('STORAGE_FILE_MISSING', { file: flatPath(file), location })
    return await receiveFile({
      file,
      range,
      location,
      sizeBytes: async () => (await stat(file, ctx)).sizeBytes,
      get: (headers, onBody) => get(file, headers, onBody, ctx),
    })
  }

  /**
   * Removes what a broken upload may have left: servers that do not write atomically (rclone's) show half a file. Done
   * even after an interrupt, so with a short limit of its own; failing to is not worse than not having tried.
   */
  async function removeHalf(file: FileId, sizeBytes: number, ctx: Context): Promise<void> {
    const brief = withSignal(ctx, AbortSignal.timeout(5_000))
    try {
      const found = await sizeIfThere(file, brief)
      if (found === undefined || found === sizeBytes) return
      await send(doing('remove', file), { method: 'DELETE', path: urlOf(file) }, brief, [404])
    } catch (error) {
      if (!isAppError(error)) throw error
    }
  }

  /** Names whose upload from here broke off, so that what lies there may be half of it. */
  const unfinished = new Set<string>()

  /** Sends the file; the size of the one that the server has already, if that is why it refuses. */
  async function upload(file: FileId, content: FileContent, ctx: Context): Promise<number | undefined> {
    const headers = { 'content-type': 'application/octet-stream' }
    try {
      await send(doing('write', file), { method: 'POST', path: urlOf(file), headers, body: content }, ctx)
      unfinished.delete(file.name)
      return undefined
    } catch (error) {
      if (isAppError(error, 'STORAGE_DENIED')) {
        // "Forbidden" is also how a server says that it is there already: the reply to an earlier attempt was lost.
        const existing = await sizeIfThere(file, ctx)
        if (existing !== undefined) return existing
      } else if (file.type !== 'config') {
        unfinished.add(file.name)
        await removeHalf(file, contentSize(content), ctx)
      }
      throw error
    }
  }

  return {
    location,
    traits: { connections },
    async create(ctx) {
      if ((await sizeIfThere({ type: 'config', name: 'config' }, ctx)) !== undefined) {
        throw new AppError('REPOSITORY_EXISTS', { location, found: 'config' })
      }
      const what = { action: 'create', file: 'the repository', location }
      await send(what, { method: 'POST', path: `${root}?create=true` }, ctx)
    },
    list,
    stat,
    read,
    async write(file, content, _hint, ctx) {
      if (file.type === 'tip') {
        const reason = 'restic’s REST protocol has no place for tips'
        throw new AppError('STORAGE_DENIED', { action: 'write', file: flatPath(file), location, reason })
      }
      if (unfinished.has(file.name)) await removeHalf(file, contentSize(content), ctx)
      // Asked first, since some servers (rclone's) replace what is there instead of refusing.
      const existing = (await sizeIfThere(file, ctx)) ?? (await upload(file, content, ctx))
      if (existing === undefined) return
      await settleExisting({ location, read }, file, existing, content, ctx)
    },
    async remove(file, ctx) {
      if (file.type === 'tip') return
      await send(doing('remove', file), { method: 'DELETE', path: urlOf(file) }, ctx, [404])
    },
    async flush(ctx) {
      // A server answers a POST once the file is stored.
      throwIfInterrupted(ctx)
    },
    async [Symbol.asyncDispose]() {
      client.close()
    },
  }
}

type Send = (
  what: RestAction,
  request: HttpRequest,
  ctx: Context,
  accepted?: readonly number[],
  onBody?: (piece: Uint8Array) => void,
) => Promise<HttpReply>

/** One request whose status must be in `accepted` (or any success). */
function createSender(client: Pick<HttpClient, 'exchange'>, credentials: Readonly<Record<string, string>>): Send {
  return async (what, request, ctx, accepted = [], onBody) => {
    let reply: HttpReply
    try {
      reply = await client.exchange({ ...request, headers: { ...credentials, ...request.headers } }, ctx, onBody)
    } catch (error) {
      throw connectionError(error, what)
    }
    if ((reply.status >= 200 && reply.status < 300) || accepted.includes(reply.status)) return reply
    throw statusError(reply.status, what)
  }
}

function authorization(username: string | undefined, password = ''): Record<string, string> {
  if (username === undefined) return {}
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` }
}
