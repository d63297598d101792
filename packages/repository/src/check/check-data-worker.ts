import { ArenaCipher } from '../engine/arena-cipher.ts'
import { Arena } from '../engine/arena.ts'
import { BlobHasher, gatherBytesAtMost } from '../engine/blob-hasher.ts'
import { BlobIndex } from '../engine/blob-index.ts'
import { createLocalPackReader, createRemotePackReader } from '../engine/pack-reader.ts'
import { answerJobs, openWorkerPort } from '../engine/worker-port.ts'
import { createDecompressor } from '../engine/zstd.ts'
import { inspectTree } from '../tree/inspect-tree.ts'
import type { CheckDataJob, CheckDataResult, CheckDataSetup } from './check-data-job.ts'
import { PackEntries } from './pack-entries.ts'
import { PackVerifier } from './pack-verifier.ts'

const port = openWorkerPort<CheckDataSetup, never>()
const { setup } = port
const index = BlobIndex.attach(setup.index)
const entries = PackEntries.attach(index, setup.entries)

const spareBytes = 1 << 20
// room for more than the largest blob: several are hashed together
const plainBytes = setup.maxPlainBytes + gatherBytesAtMost
const arena = new Arena(setup.maxSealedBytes + plainBytes + spareBytes, port.primitives)
const key = {
  encrypt: Buffer.from(setup.key.encrypt),
  macK: Buffer.from(setup.key.macK),
  macR: Buffer.from(setup.key.macR),
}
let treeTrouble = false
const verifier = new PackVerifier({
  arena,
  cipher: new ArenaCipher(arena, key),
  key,
  packs:
    setup.readableRoot === undefined
      ? createRemotePackReader(arena, port)
      : createLocalPackReader(arena, setup.readableRoot),
  hasher: new BlobHasher(arena),
  decompress: createDecompressor(arena.bytes),
  windowBytes: setup.windowBytes,
  window: { at: arena.reserve(setup.maxSealedBytes), sizeBytes: setup.maxSealedBytes },
  plain: { at: arena.reserve(plainBytes), sizeBytes: plainBytes },
  onTree: (content, id) =>
    inspectTree(content, id, index, {
      data: () => {},
      subtree: () => {},
      problem: () => {
        treeTrouble = true
      },
    }),
})

answerJobs<CheckDataJob, CheckDataResult>(({ pack, sizeBytes }) => {
  treeTrouble = false
  const packId = index.packIdOf(pack)
  const blobs = entries.blobsOf(pack)
  const first = verifier.verify(packId, sizeBytes, blobs)
  // damage on the way to memory is not damage of the repository
  const problems = first.length === 0 ? first : verifier.verify(packId, sizeBytes, blobs)
  return { problems, unstable: first.length > 0 && problems.length === 0, treeTrouble }
})
