import type { FastifyReply } from 'fastify'
import type { FileReply } from './route-answer.ts'

/**
 * As something to be kept, never shown: what lies in a backup was written by others, and a page among it would be ours
 * in the eyes of a browser.
 */
export async function sendFile(file: FileReply, reply: FastifyReply): Promise<void> {
  reply
    .type(file.mediaType)
    .header('content-disposition', disposition(file.name))
    .header('content-security-policy', "default-src 'none'; sandbox")
    .header('x-content-type-options', 'nosniff')
    .header('cache-control', 'no-store')
  if (file.sizeBytes !== undefined) reply.header('content-length', file.sizeBytes)
  await reply.send(file.content)
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
