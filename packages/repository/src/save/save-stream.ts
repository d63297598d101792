import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { goFileMode } from '../format/file-mode.ts'
import type { Node } from '../format/node.ts'
import { encodeTree } from '../format/tree.ts'
import type { SaveRequest } from './save-request.ts'
import { emitProgress } from './emit-progress.ts'
import type { SaveSession } from './save-session.ts'
import { streamChunks } from './stream-chunks.ts'

const jobsPerWorker = 2

/**
 * Backs up what a producer writes as one file; returns the id of the root tree. The file counts only when the producer
 * has ended well: `finish` throws otherwise.
 */
export async function saveStream(session: SaveSession, request: SaveRequest, ctx: Context): Promise<string> {
  if (request.source.type !== 'stream') throw new Error('this is not a stream')
  const { path, bytes, finish } = request.source
  const ids: (string | undefined)[] = []
  let sizeBytes = 0
  let failure: unknown
  const running = new Set<Promise<void>>()
  for await (const chunk of streamChunks(bytes, session.chunkerPolynomial)) {
    if (ctx.signal.aborted) throw new AppError('INTERRUPTED', {})
    if (failure !== undefined) break
    await session.roomForPacks()
    const position = ids.push(undefined) - 1
    sizeBytes += chunk.length
    session.counts.bytes += chunk.length
    const job = storeBlob(session, chunk, false)
      .then((id) => {
        ids[position] = id
        emitProgress(session, [path], undefined, ctx)
      })
      .catch((error: unknown) => {
        failure ??= error
      })
      .finally(() => running.delete(job))
    running.add(job)
    if (running.size >= session.pool.size * jobsPerWorker) await Promise.race(running)
  }
  await Promise.all(running)
  if (failure !== undefined) throw failure
  await finish(sizeBytes)
  session.counts.files++
  session.counts.filesNew++
  return await storeTrees(
    session,
    request,
    path,
    ids.filter((id) => id !== undefined),
    sizeBytes,
  )
}

async function storeBlob(session: SaveSession, bytes: Uint8Array<ArrayBuffer>, isTree: boolean): Promise<string> {
  const loads = Array.from({ length: session.pool.size }, (_, worker) => session.pool.load(worker))
  const worker = loads.indexOf(Math.min(...loads))
  const result = await session.pool.run(worker, { type: 'blob', bytes, isTree }, [bytes.buffer])
  session.take(result)
  if (result.outcome.type !== 'blob') throw new Error('a blob was answered with something else')
  return result.outcome.id
}

/** The file and the directories above it, which exist in the snapshot only. */
async function storeTrees(
  session: SaveSession,
  request: SaveRequest,
  path: string,
  content: readonly string[],
  sizeBytes: number,
): Promise<string> {
  const components = path.split('/').filter((component) => component !== '')
  let tree = ''
  for (const [i, name] of [...components.entries()].toReversed()) {
    const isFile = i === components.length - 1
    const node = isFile
      ? { ...nodeOf(name, request), type: 'file' as const, mode: 0o644, content, size: sizeBytes }
      : { ...nodeOf(name, request), type: 'dir' as const, mode: goFileMode(0o040755), subtree: tree }
    tree = await storeBlob(session, Uint8Array.from(encodeTree([node])), true)
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
