import { pipeline, type Readable, Transform } from 'node:stream'
import { AppError } from '@holdfast/core/errors/app-error'
import type { FastifyReply } from 'fastify'
import type { FileReply } from './route-answer.ts'

/** A download holds a lock, and a place that others wait for: who takes less than this in a minute has gone in all but name. */
const leastBytes = 64 << 10
const usualPatienceMs = 60_000

/**
 * As something to be kept, never shown: what lies in a backup was written by others, and a page among it would be ours
 * in the eyes of a browser.
 */
export async function sendFile(
  file: FileReply,
  reply: FastifyReply,
  { patienceMs = usualPatienceMs }: { readonly patienceMs?: number } = {},
): Promise<void> {
  reply
    .type(file.mediaType)
    .header('content-disposition', disposition(file.name))
    .header('content-security-policy', "default-src 'none'; sandbox")
    .header('x-content-type-options', 'nosniff')
    .header('cache-control', 'no-store')
  if (file.sizeBytes !== undefined) reply.header('content-length', file.sizeBytes)
  endWhenStuck(file, reply, patienceMs)
  await reply.send(inSmallPieces(file.content))
}

/**
 * Bytes count as taken when their piece has been handed on whole. Of one that holds megabytes nothing would be seen for
 * minutes, however steadily it is taken.
 */
function inSmallPieces(content: Readable): Readable {
  const pieces = new Transform({
    transform(piece: Buffer, _encoding, done) {
      for (let at = 0; at < piece.length; at += leastBytes) this.push(piece.subarray(at, at + leastBytes))
      done()
    },
  })
  // what goes wrong is told by the stream that is sent
  return pipeline(content, pieces, () => {})
}

function endWhenStuck({ content }: FileReply, { raw }: FastifyReply, patienceMs: number): void {
  // then it never closes again
  if (content.destroyed) return
  let before = raw.socket?.bytesWritten ?? 0
  const looking = setInterval(() => {
    const now = raw.socket?.bytesWritten ?? 0
    // it may be us who are slow: then nothing waits to be taken
    if (raw.writableNeedDrain && now - before < leastBytes) content.destroy(new AppError('INTERRUPTED', {}))
    before = now
  }, patienceMs)
  const over = (): void => clearInterval(looking)
  content.once('close', over)
  raw.once('close', over)
}

/** RFC 6266 and RFC 8187: a plain name for old programs, the true one beside it. */
function disposition(name: string): string {
  const plain = name.replace(/[^\w .()-]/g, '_')
  const whole = encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `attachment; filename="${plain}"; filename*=UTF-8''${whole}`
}
