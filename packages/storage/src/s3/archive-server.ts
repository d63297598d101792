import type { IncomingMessage, ServerResponse } from 'node:http'
import { bodyOf, startTestServer } from '../test-server.ts'

interface StoredObject {
  readonly bytes: Buffer
  storageClass: string
  /** by intelligent tiering */
  accessTier?: string
  retrieval: 'none' | 'on its way' | 'done'
}

/**
 * For tests: a server that speaks enough of S3 for a repository and archives objects as Amazon documents it (GetObject,
 * HeadObject, RestoreObject, ListObjectsV2). Signatures are not looked at. Ceph cannot do this.
 */
export interface ArchiveServer extends AsyncDisposable {
  readonly endpoint: string
  /** keys by class */
  keysOf(storageClass: string): string[]
  /** What a lifecycle rule does: objects that fit move to a class. */
  transition(fits: (key: string) => boolean, storageClass: string, accessTier?: string): void
  /** Hours pass: what was asked for can be read. */
  deliver(): void
  /** RestoreRequest documents in the order they came */
  readonly requests: readonly { readonly key: string; readonly body: string }[]
}

const archives = new Set(['GLACIER', 'DEEP_ARCHIVE'])

export async function startArchiveServer(): Promise<ArchiveServer> {
  const objects = new Map<string, StoredObject>()
  const requests: { key: string; body: string }[] = []
  const server = await startTestServer((request, reply) => {
    void answer(request, reply, objects, requests)
  })
  return {
    endpoint: `http://127.0.0.1:${server.port}`,
    requests,
    keysOf: (storageClass) => [...objects].flatMap(([key, each]) => (each.storageClass === storageClass ? key : [])),
    transition(fits, storageClass, accessTier) {
      for (const [key, object] of objects) {
        if (fits(key)) Object.assign(object, { storageClass, accessTier, retrieval: 'none' })
      }
    },
    deliver() {
      for (const object of objects.values()) if (object.retrieval === 'on its way') object.retrieval = 'done'
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

async function answer(
  request: IncomingMessage,
  reply: ServerResponse,
  objects: Map<string, StoredObject>,
  requests: { key: string; body: string }[],
): Promise<void> {
  const url = new URL(request.url ?? '', 'http://here')
  const [, , ...parts] = decodeURIComponent(url.pathname).split('/')
  const key = parts.join('/')
  const body = await bodyOf(request)
  if (url.searchParams.get('list-type') === '2') return list(reply, objects, url.searchParams.get('prefix') ?? '')
  // the bucket itself
  if (key === '') return void reply.end()
  if (request.method === 'PUT') {
    if (request.headers['if-none-match'] === '*' && objects.has(key)) return refuse(reply, 412, 'PreconditionFailed')
    const storageClass = String(request.headers['x-amz-storage-class'] ?? 'STANDARD')
    objects.set(key, { bytes: body, storageClass, retrieval: 'none' })
    return void reply.end()
  }
  if (request.method === 'DELETE') {
    objects.delete(key)
    return void reply.writeHead(204).end()
  }
  const object = objects.get(key)
  if (object === undefined) return refuse(reply, 404, 'NoSuchKey')
  if (request.method === 'HEAD') return void reply.writeHead(200, headersOf(object)).end()
  if (request.method === 'POST') return bringBack(reply, object, { key, body: body.toString() }, requests)
  if (!isReadable(object)) return refuseArchived(reply, object)
  send(request, reply, object)
}

function isReadable({ storageClass, accessTier, retrieval }: StoredObject): boolean {
  return retrieval === 'done' || (!archives.has(storageClass) && accessTier === undefined)
}

function headersOf(object: StoredObject): Record<string, string | number> {
  const { bytes, storageClass, accessTier, retrieval } = object
  const done = 'ongoing-request="false", expiry-date="Fri, 21 Dec 2029 00:00:00 GMT"'
  return {
    'content-length': bytes.byteLength,
    // Amazon leaves the standard class out
    ...(storageClass === 'STANDARD' ? {} : { 'x-amz-storage-class': storageClass }),
    ...(accessTier === undefined || retrieval === 'done' ? {} : { 'x-amz-archive-status': accessTier }),
    ...(retrieval === 'none' ? {} : { 'x-amz-restore': retrieval === 'done' ? done : 'ongoing-request="true"' }),
  }
}

function bringBack(
  reply: ServerResponse,
  object: StoredObject,
  request: { key: string; body: string },
  requests: { key: string; body: string }[],
): void {
  if (isReadable(object) && object.retrieval === 'none') return refuse(reply, 403, 'InvalidObjectState')
  if (object.retrieval === 'on its way') return refuse(reply, 409, 'RestoreAlreadyInProgress')
  requests.push(request)
  object.retrieval = 'on its way'
  reply.writeHead(202).end()
}

function send(request: IncomingMessage, reply: ServerResponse, { bytes }: StoredObject): void {
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
  if (range === null) return void reply.writeHead(200, { 'content-length': bytes.byteLength }).end(bytes)
  const start = Number(range[1])
  const part = bytes.subarray(start, range[2] === '' ? undefined : Number(range[2]) + 1)
  const contentRange = `bytes ${start}-${start + part.byteLength - 1}/${bytes.byteLength}`
  reply.writeHead(206, { 'content-length': part.byteLength, 'content-range': contentRange }).end(part)
}

function list(reply: ServerResponse, objects: ReadonlyMap<string, StoredObject>, prefix: string): void {
  const contents = [...objects]
    .filter(([key]) => key.startsWith(prefix))
    .map(
      ([key, { bytes, storageClass }]) =>
        `<Contents><Key>${key}</Key><Size>${bytes.byteLength}</Size><StorageClass>${storageClass}</StorageClass></Contents>`,
    )
  const xml = `<ListBucketResult><IsTruncated>false</IsTruncated>${contents.join('')}</ListBucketResult>`
  reply.writeHead(200, { 'content-type': 'application/xml' }).end(xml)
}

function refuseArchived(reply: ServerResponse, { storageClass, accessTier }: StoredObject): void {
  const tier = accessTier === undefined ? '' : `<AccessTier>${accessTier}</AccessTier>`
  refuse(reply, 403, 'InvalidObjectState', `<StorageClass>${storageClass}</StorageClass>${tier}`)
}

function refuse(reply: ServerResponse, status: number, code: string, more = ''): void {
  reply.writeHead(status, { 'content-type': 'application/xml' })
  reply.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>as told</Message>${more}</Error>`)
}
