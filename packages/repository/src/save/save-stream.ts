import type { Context } from '@holdfast/core/context'
import { goFileMode } from '../format/file-mode.ts'
import type { Node } from '../format/node.ts'
import { encodeTree } from '../format/tree.ts'
import type { SaveRequest } from './save-request.ts'
import { emitProgress } from './emit-progress.ts'
import type { SaveSession } from './save-session.ts'
import { FirstFailure } from './first-failure.ts'
import { JobQueue } from './job-queue.ts'
import { createStreamChunker } from './stream-chunks.ts'
import { type StoredContent, storeStream } from './stream-content.ts'

/**
 * Backs up what a producer writes as one file; returns the id of the root tree. The file counts only when the producer
 * has ended well: `finish` throws otherwise.
 */
export async function saveStream(session: SaveSession, request: SaveRequest, ctx: Context): Promise<string> {
  if (request.source.type !== 'stream') throw new Error('this is not a stream')
  const { path, bytes, finish } = request.source
  using failure = new FirstFailure(ctx.signal)
  const queue = new JobQueue(session, failure, (result) => session.take(result))
  const chunker = createStreamChunker(session.chunkerPolynomial)
  let content: StoredContent = { ids: [], sizeBytes: 0 }
  const sizeBytes = await storeStream(queue, chunker, failure.guard(bytes), {
    chunk(chunkBytes) {
      session.counts.bytes += chunkBytes
      emitProgress(session, [path], undefined, ctx)
    },
    stored(whole) {
      content = whole
    },
  })
  await queue.settle()
  await finish(sizeBytes)
  session.counts.files++
  session.counts.filesNew++
  return await storeTrees(session, queue, request, path, content)
}

/** The file and the directories above it, which exist in the snapshot only. */
async function storeTrees(
  session: SaveSession,
  queue: JobQueue,
  request: SaveRequest,
  path: string,
  content: StoredContent,
): Promise<string> {
  const components = path.split('/').filter((component) => component !== '')
  let tree = ''
  for (const [i, name] of [...components.entries()].toReversed()) {
    const isFile = i === components.length - 1
    const node = isFile
      ? { ...nodeOf(name, request), type: 'file' as const, mode: 0o644, content: content.ids, size: content.sizeBytes }
      : { ...nodeOf(name, request), type: 'dir' as const, mode: goFileMode(0o040755), subtree: tree }
    const stored = await queue.ask<'blob'>({ type: 'blob', bytes: encodeTree([node]), isTree: true })
    tree = stored.id
    session.counts.dirsNew++
  }
  return tree
}

function nodeOf(name: string, { time, identity }: SaveRequest): Omit<Node, 'type' | 'mode'> {
  const ns = BigInt(time.getTime()) * 1_000_000n
  return {
    name: Buffer.from(name),
    mtimeNs: ns,
    atimeNs: ns,
    ctimeNs: ns,
    uid: identity.uid,
    gid: identity.gid,
    user: identity.username,
    group: '',
    inode: 0n,
    deviceId: 0n,
    size: 0,
    links: 0,
    extendedAttributes: [],
    device: 0n,
    content: null,
    error: '',
  }
}
