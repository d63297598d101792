import type { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
} from '@aws-sdk/client-s3'
import type { Context } from '@holdfast/core/context'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import type { Backend, ByteRange, FileContent, FileId, FileInfo, WriteHint } from '../backend.ts'
import { settleExisting } from '../existing-file.ts'
import { contentSize } from '../file-content.ts'
import { interrupted, throwIfInterrupted } from '../interruption.ts'
import { flatPath, folderText, shardedPath } from '../layout.ts'
import { formatLocation } from '../location.ts'
import { receiveFile, type ReplyHead } from '../receive-file.ts'
import { archivedOf, askForObject, storageClassOf } from './s3-archive.ts'
import { createS3Client, isAmazon, type S3ClientOptions } from './s3-client.ts'
import { s3Error, s3Failure } from './s3-error.ts'
import { listObjects } from './s3-listing.ts'
import { largestSinglePutBytes, type ObjectSettings, putObject } from './s3-upload.ts'

const config: FileId = { type: 'config', name: 'config' }

/** A repository in a bucket of Amazon S3 or anything that speaks its protocol, in restic's default layout. */
export function createS3Backend(options: S3ClientOptions): Backend {
  const { bucket, prefix } = options.location
  const location = formatLocation(options.location)
  requireCredentials(options, location)
  const client = createS3Client(options)
  const root = prefix === '' ? '' : `${prefix}/`
  const keyOf = (file: FileId) => root + shardedPath(file)
  /** Cleared when the server turns out not to know conditional writes. */
  let conditionalWrites = true

  async function attempt<T>(action: string, file: string, ctx: Context, work: () => Promise<T>): Promise<T> {
    throwIfInterrupted(ctx)
    try {
      return await work()
    } catch (error) {
      if (ctx.signal.aborted) throw interrupted(error)
      throw s3Error(error, { action, file, location, bucket })
    }
  }

  async function stat(file: FileId, ctx: Context): Promise<FileInfo> {
    return await attempt('look up', flatPath(file), ctx, async () => {
      const command = new HeadObjectCommand({ Bucket: bucket, Key: keyOf(file) })
      const head = await client.send(command, { abortSignal: ctx.signal })
      const sizeBytes = head.ContentLength ?? 0
      return { type: file.type, name: file.name, sizeBytes, ...storageClassOf(head.StorageClass), ...archivedOf(head) }
    })
  }

  async function sizeIfThere(file: FileId, ctx: Context): Promise<number | undefined> {
    try {
      return (await stat(file, ctx)).sizeBytes
    } catch (error) {
      if (isAppError(error, 'STORAGE_FILE_MISSING')) return undefined
      throw error
    }
  }

  async function get(file: FileId, range: string | undefined, onBody: (piece: Uint8Array) => void, ctx: Context) {
    const input = { Bucket: bucket, Key: keyOf(file), ...(range === undefined ? {} : { Range: range }) }
    return await attempt('read', flatPath(file), ctx, async (): Promise<ReplyHead> => {
      try {
        const reply = await client.send(new GetObjectCommand(input), { abortSignal: ctx.signal })
        // The SDK types this for browsers too; in Node it is a readable stream.
        const body = reply.Body as Readable | undefined
        if (body !== undefined) await consume(body, onBody)
        const length = reply.ContentLength === undefined ? undefined : String(reply.ContentLength)
        return { status: reply.$metadata.httpStatusCode ?? 0, headers: { 'content-length': length } }
      } catch (error) {
        if (s3Failure(error)?.status === 416) return { status: 416, headers: {} }
        throw error
      }
    })
  }

  async function read(file: FileId, range: ByteRange | undefined, ctx: Context): Promise<Uint8Array> {
    return await receiveFile({
      file,
      range,
      location,
      sizeBytes: async () => (await stat(file, ctx)).sizeBytes,
      get: (headers, onBody) => get(file, headers['range'], onBody, ctx),
    })
  }

  /** False when an object of that name is there already. */
  async function put(file: FileId, content: FileContent, hint: WriteHint, ctx: Context): Promise<boolean> {
    const ifNoneMatch = conditionalWrites && contentSize(content) <= largestSinglePutBytes
    if (!ifNoneMatch && (await sizeIfThere(file, ctx)) !== undefined) return false
    return await attempt('write', flatPath(file), ctx, async () => {
      const settings = objectSettings(options, file, hint, ctx)
      const hash = file.type === 'config' || file.type === 'tip' ? {} : { sha256: file.name }
      try {
        await putObject(client, { bucket, key: keyOf(file), content, settings, ifNoneMatch, ...hash }, ctx.signal)
        return true
      } catch (error) {
        const { status, code } = s3Failure(error) ?? {}
        // The bytes are not those of this name; whether the object with the name is there already comes first.
        if (code === 'XAmzContentSHA256Mismatch' && (await sizeIfThere(file, ctx)) !== undefined) return false
        if (!ifNoneMatch) throw error
        if (status === 412) return false
        if (status !== 501) throw error
        conditionalWrites = false
        return await put(file, content, hint, ctx)
      }
    })
  }

  return {
    location,
    traits: { connections: options.connections ?? 5, holdsTips: true },
    async create(ctx) {
      if ((await sizeIfThere(config, ctx)) !== undefined) {
        throw new AppError('REPOSITORY_EXISTS', { location, found: 'config' })
      }
      await attempt('create', `the bucket ${bucket}`, ctx, async () => {
        const { signal: abortSignal } = ctx
        const there = await client.send(new HeadBucketCommand({ Bucket: bucket }), { abortSignal }).then(
          () => true,
          (error: unknown) => {
            if (s3Failure(error)?.status === 404) return false
            throw error
          },
        )
        const ObjectLockEnabledForBucket = options.objectLock !== undefined
        if (there) return
        await client.send(new CreateBucketCommand({ Bucket: bucket, ObjectLockEnabledForBucket }), { abortSignal })
      })
    },
    async *list(type, ctx) {
      throwIfInterrupted(ctx)
      if (type === 'config') {
        const sizeBytes = await sizeIfThere(config, ctx)
        if (sizeBytes !== undefined) yield { ...config, sizeBytes }
        return
      }
      const target = { client, bucket, root, type }
      const pages = listObjects(target, ctx.signal)
      for (;;) {
        const page = await attempt('list', folderText(type), ctx, () => nextPage(pages))
        if (page.done === true) return
        yield* page.value
      }
    },
    stat,
    read,
    async write(file, content, hint, ctx) {
      if (await put(file, content, hint, ctx)) return
      await settleExisting({ location, read }, file, (await stat(file, ctx)).sizeBytes, content, ctx)
    },
    async remove(file, ctx) {
      try {
        const command = new DeleteObjectCommand({ Bucket: bucket, Key: keyOf(file) })
        await attempt('remove', flatPath(file), ctx, () => client.send(command, { abortSignal: ctx.signal }))
      } catch (error) {
        if (!isAppError(error, 'STORAGE_FILE_MISSING')) throw error
      }
    },
    async requestRetrieval(file, request, ctx) {
      const info = await stat(file, ctx)
      if (info.archived === undefined || info.archived.isRequested) return
      const target = { bucket, key: keyOf(file), isTiered: info.storageClass === 'INTELLIGENT_TIERING' }
      await attempt('bring back', flatPath(file), ctx, () => askForObject(client, target, request, ctx.signal))
    },
    async flush(ctx) {
      // An acknowledged PUT is durable.
      throwIfInterrupted(ctx)
    },
    async [Symbol.asyncDispose]() {
      client.destroy()
    },
  }
}

/** A bucket that does not exist lists nothing: it is made only when a repository is. */
async function nextPage(pages: AsyncGenerator<FileInfo[]>): Promise<IteratorResult<FileInfo[], void>> {
  try {
    return await pages.next()
  } catch (error) {
    if (s3Failure(error)?.code === 'NoSuchBucket') return { done: true, value: undefined }
    throw error
  }
}

/** Takes a body as it comes: an async iterator would stop and start the connection for every piece. */
async function consume(body: Readable, onBody: (piece: Uint8Array) => void): Promise<void> {
  body.on('data', (piece: Buffer) => {
    try {
      onBody(piece)
    } catch (error) {
      body.destroy(error instanceof Error ? error : new Error(String(error)))
    }
  })
  await finished(body)
}

function objectSettings(options: S3ClientOptions, file: FileId, hint: WriteHint, ctx: Context): ObjectSettings {
  const { storageClass, serverSideEncryption, sseKmsKeyId, objectLock } = options
  const retainUntil = new Date(ctx.now().getTime() + (objectLock?.retainForMs ?? 0))
  // Trees and indexes are read by every command, so they must not be archived; locks and tips must stay removable.
  const coldable = storageClass !== undefined && file.type === 'data' && hint.content === 'data'
  // The SDK lists the values it knows; servers other than Amazon's have their own, and answer for wrong ones.
  return {
    ContentType: 'application/octet-stream',
    ...(coldable ? { StorageClass: storageClass } : {}),
    ...(serverSideEncryption === undefined ? {} : { ServerSideEncryption: serverSideEncryption }),
    ...(sseKmsKeyId === undefined ? {} : { SSEKMSKeyId: sseKmsKeyId }),
    ...(objectLock === undefined || file.type === 'lock' || file.type === 'tip'
      ? {}
      : { ObjectLockMode: objectLock.mode, ObjectLockRetainUntilDate: retainUntil }),
  } as ObjectSettings
}

/** Amazon's own machines may carry credentials; for other hosts, looking for them would only take time. */
function requireCredentials(options: S3ClientOptions, location: string): void {
  if (options.accessKeyId !== undefined && options.secretAccessKey !== undefined) return
  if (options.accessKeyId === undefined && isAmazon(new URL(options.location.endpoint).hostname)) return
  const missing = options.accessKeyId === undefined ? 'AWS_ACCESS_KEY_ID' : 'AWS_SECRET_ACCESS_KEY'
  const reason = `no credentials were given; set ${missing}`
  throw new AppError('STORAGE_DENIED', { action: 'open', file: 'the repository', location, reason })
}
