import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { AppError } from '@holdfast/core/errors/app-error'
import { flatPath } from '@holdfast/storage/layout'
import type { IntakeType } from '@holdfast/repository/intake/intake-job'
import type { ServedRepository } from './gateway-repositories.ts'

/** Bytes of the largest file of each type; a pack has at most 128 MiB beyond its last blob. */
export const uploadLimitBytes: Readonly<Record<IntakeType, number>> = {
  data: 512 << 20,
  index: 128 << 20,
  snapshot: 16 << 20,
  lock: 1 << 16,
}

export interface Received extends AsyncDisposable {
  /** complete, on the local disk; removed unless it was moved away */
  readonly path: string
  readonly sizeBytes: number
}

/**
 * Takes what is sent onto the disk, as fast as the disk takes it, and compares it with its name. Fails with
 * GATEWAY_UPLOAD_DAMAGED when bytes are missing or others; too many are never taken.
 */
export async function receiveUpload(
  body: IncomingMessage,
  file: { readonly type: IntakeType; readonly name: string },
  {
    served,
    agent,
    sizeBytes,
  }: { readonly served: ServedRepository; readonly agent: string; readonly sizeBytes: number },
  signal: AbortSignal,
): Promise<Received> {
  const path = await served.spoolPath()
  const discard = (): Promise<void> => rm(path, { force: true })
  const damaged = (reason: string, cause?: unknown): AppError =>
    new AppError('GATEWAY_UPLOAD_DAMAGED', { file: flatPath(file), agent, reason }, { cause })
  const hasher = createHash('sha256')
  let came = 0
  const watch = new Transform({
    transform(piece: Buffer, _encoding, done) {
      came += piece.length
      hasher.update(piece)
      done(came > sizeBytes ? damaged('it is longer than announced') : null, piece)
    },
  })
  try {
    await pipeline(body, watch, createWriteStream(path, { flags: 'wx', mode: 0o600 }), { signal })
    if (came !== sizeBytes) throw damaged(`${came} of ${sizeBytes} bytes came`)
    if (hasher.digest('hex') !== file.name) throw damaged('its content is not that of its name')
  } catch (error) {
    await discard()
    if (body.errored !== null && error === body.errored) throw damaged('the connection was cut', error)
    throw error
  }
  return { path, sizeBytes, [Symbol.asyncDispose]: discard }
}
