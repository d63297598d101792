import { isAppError } from '@holdfast/core/errors/app-error'
import { ArenaCipher } from '../engine/arena-cipher.ts'
import { Arena } from '../engine/arena.ts'
import { BlobIndex } from '../engine/blob-index.ts'
import { BlobReader } from '../engine/blob-reader.ts'
import { createLocalPackReader, createRemotePackReader } from '../engine/pack-reader.ts'
import { answerJobs, openWorkerPort } from '../engine/worker-port.ts'
import { createDecompressor } from '../engine/zstd.ts'
import { EntryBitmap } from './entry-bitmap.ts'
import { inspectTree, type TreeProblem } from './inspect-tree.ts'
import type { VisitJob, VisitResult, VisitSetup } from './visit-trees-job.ts'

const port = openWorkerPort<VisitSetup, never>()
const { setup } = port
const index = BlobIndex.attach(setup.index)
const seen = EntryBitmap.attach(setup.seen)

// a remote pack of trees is fetched in large pieces, since every request costs a journey
const readAheadBytes = setup.readableRoot === undefined ? 4 << 20 : 256 << 10
const sealedBytes = Math.max(readAheadBytes, setup.maxSealedBytes)
const arena = new Arena(sealedBytes + setup.maxSealedBytes + setup.maxPlainBytes + (1 << 20), port.primitives)
const key = {
  encrypt: Buffer.from(setup.key.encrypt),
  macK: Buffer.from(setup.key.macK),
  macR: Buffer.from(setup.key.macR),
}
const packs =
  setup.readableRoot === undefined
    ? createRemotePackReader(arena, port)
    : createLocalPackReader(arena, setup.readableRoot)
const reader = new BlobReader(
  arena,
  new ArenaCipher(arena, key),
  index,
  packs,
  {
    window: { at: arena.reserve(sealedBytes), sizeBytes: sealedBytes },
    text: { at: arena.reserve(setup.maxSealedBytes), sizeBytes: setup.maxSealedBytes },
    plain: { at: arena.reserve(setup.maxPlainBytes + 1), sizeBytes: setup.maxPlainBytes + 1 },
  },
  createDecompressor(arena.bytes),
)

answerJobs<VisitJob, VisitResult>(({ trees }) => {
  const found: number[] = []
  const problems: TreeProblem[] = []
  const visitor = {
    data: (entry: number) => void seen.add(entry),
    subtree: (entry: number) => {
      if (seen.add(entry)) found.push(entry)
    },
    problem: (problem: TreeProblem) => void problems.push(problem),
  }
  for (const tree of trees) {
    const treeId = index.idOf(tree)
    const bytes = read(treeId, problems)
    if (bytes !== undefined) inspectTree(bytes, treeId, index, visitor)
  }
  return { found: Uint32Array.from(found), problems }
})

function read(treeId: string, problems: TreeProblem[]): Buffer | undefined {
  for (let attempt = 1; ; attempt++) {
    try {
      const { at, length } = reader.read(treeId, readAheadBytes)
      return arena.bytes.subarray(at, at + length)
    } catch (error) {
      if (!isAppError(error, 'REPOSITORY_DAMAGED')) throw error
      if (attempt < 2) continue
      problems.push({ kind: 'tree-damaged', treeId, reason: error.message })
      return undefined
    }
  }
}
