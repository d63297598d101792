import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import type { FileContent } from '../backend.ts'
import { contentSize, readContent } from '../file-content.ts'

/** What goes with an object besides its bytes. */
export type ObjectSettings = Pick<
  PutObjectCommandInput,
  | 'StorageClass'
  | 'ServerSideEncryption'
  | 'SSEKMSKeyId'
  | 'ObjectLockMode'
  | 'ObjectLockRetainUntilDate'
  | 'ContentType'
>

export interface Upload {
  readonly bucket: string
  readonly key: string
  readonly content: FileContent
  readonly settings: ObjectSettings
  /** SHA-256 of the content in hex, if its name says so: signed with the request, so that the server verifies it */
  readonly sha256?: string
  /** let the server refuse to replace an object */
  readonly ifNoneMatch: boolean
}

/** Larger objects go up in parts. A pack never is; this is for what the future may bring. */
export const largestSinglePutBytes = 200 * 1024 * 1024
const partBytes = 64 * 1024 * 1024

export async function putObject(client: S3Client, upload: Upload, signal: AbortSignal): Promise<void> {
  if (contentSize(upload.content) > largestSinglePutBytes) return await putInParts(client, upload, signal)
  // S3 wants a digest of its own kind beside a retention date.
  const content = upload.settings.ObjectLockMode === undefined ? upload.content : await readContent(upload.content)
  const failed = new AbortController()
  const body = content instanceof Uint8Array ? content : createReadStream(content.path, { highWaterMark: 1 << 20 })
  // The SDK would wait for ever for a file that cannot be read.
  if (!(body instanceof Uint8Array)) body.once('error', (error) => failed.abort(error))
  const command = new PutObjectCommand({
    ...upload.settings,
    Bucket: upload.bucket,
    Key: upload.key,
    Body: body,
    ContentLength: contentSize(content),
    ...(upload.ifNoneMatch ? { IfNoneMatch: '*' } : {}),
    ...(upload.settings.ObjectLockMode !== undefined && body instanceof Uint8Array ? { ContentMD5: md5(body) } : {}),
  })
  if (upload.sha256 !== undefined) presetBodyHash(command, upload.sha256)
  try {
    await client.send(command, { abortSignal: AbortSignal.any([signal, failed.signal]) })
  } catch (error) {
    throw failed.signal.aborted ? failed.signal.reason : error
  } finally {
    if (!(body instanceof Uint8Array)) body.destroy()
  }
}

/**
 * The SDK signs the hash of the body and computes it unless the header is there already. A file's name is that hash, so
 * it need not be computed, and the server compares what arrived with the name itself.
 */
function presetBodyHash(command: PutObjectCommand, sha256: string): void {
  command.middlewareStack.add(
    (next) => async (args) => {
      const { request } = args
      if (typeof request === 'object' && request !== null && 'headers' in request) {
        Object.assign(request.headers ?? {}, { 'x-amz-content-sha256': sha256 })
      }
      return await next(args)
    },
    { step: 'build', name: 'presetBodyHash' },
  )
}

async function putInParts(client: S3Client, upload: Upload, abortSignal: AbortSignal): Promise<void> {
  const target = { Bucket: upload.bucket, Key: upload.key }
  const created = await client.send(new CreateMultipartUploadCommand({ ...target, ...upload.settings }), {
    abortSignal,
  })
  const part = { ...target, UploadId: created.UploadId }
  try {
    const parts: { ETag: string | undefined; PartNumber: number }[] = []
    for await (const body of piecesOf(upload.content)) {
      const PartNumber = parts.length + 1
      const command = new UploadPartCommand({ ...part, PartNumber, Body: body, ContentMD5: md5(body) })
      parts.push({ ETag: (await client.send(command, { abortSignal })).ETag, PartNumber })
    }
    const complete = new CompleteMultipartUploadCommand({ ...part, MultipartUpload: { Parts: parts } })
    await client.send(complete, { abortSignal })
  } catch (error) {
    // Parts are invisible but paid for. This is tried even after an interrupt, and must not hide the first error.
    await client.send(new AbortMultipartUploadCommand(part)).catch(() => {})
    throw error
  }
}

async function* piecesOf(content: FileContent): AsyncGenerator<Uint8Array> {
  if (content instanceof Uint8Array) {
    for (let at = 0; at < content.byteLength; at += partBytes) yield content.subarray(at, at + partBytes)
    return
  }
  const handle = await open(content.path, 'r')
  try {
    for (;;) {
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(partBytes), 0, partBytes)
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await handle.close()
  }
}

function md5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('base64')
}
