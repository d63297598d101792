/** Worker thread that moves blobs from packs to new packs: of the same repository (prune, repair) or of another (copy). */
import { ArenaCipher } from '../engine/arena-cipher.ts'
import { Arena } from '../engine/arena.ts'
import { BlobHasher } from '../engine/blob-hasher.ts'
import { BlobIndex } from '../engine/blob-index.ts'
import { createLocalPackReader, createRemotePackReader } from '../engine/pack-reader.ts'
import { PackWriter, type Region, stagingBytes } from '../engine/pack-writer.ts'
import { answerJobs, openWorkerPort } from '../engine/worker-port.ts'
import { createCompressor, createDecompressor, zstdLevels } from '../engine/zstd.ts'
import type { MasterKey } from '../format/master-key.ts'
import { BlobMover } from './blob-mover.ts'
import type { TransferJob, TransferNote, TransferResult, TransferSetup } from './transfer-job.ts'

const keyStreamBytes = 262144
const spareBytes = 1 << 20
/** Reading ahead is cheap on a disk and dear over a network, where each request costs a journey. */
const localRead = { windowBytes: 1 << 20, gapBytes: 16 << 10 }
const remoteRead = { windowBytes: 4 << 20, gapBytes: 256 << 10 }

const port = openWorkerPort<TransferSetup, TransferNote>()
const { setup } = port
const isLocal = setup.readableRoot !== undefined
const { windowBytes, gapBytes } = isLocal ? localRead : remoteRead
const blobBytes = setup.maxBlobBytes
const arena = new Arena(
  windowBytes + 5 * (blobBytes + spareBytes) + 2 * (stagingBytes(blobBytes) + keyStreamBytes + spareBytes),
  port.primitives,
)
const region = (sizeBytes: number): Region => ({ at: arena.reserve(sizeBytes), sizeBytes })
const window = region(Math.max(windowBytes, blobBytes))
const opened = region(windowBytes + blobBytes)
const plain = region(blobBytes + 1)
const scratch = region(blobBytes + spareBytes)
const decompress = createDecompressor(arena.bytes)
const hasher = new BlobHasher(arena)
const sourceCipher = new ArenaCipher(arena, own(setup.sourceKey), keyStreamBytes)
const targetCipher = setup.sameKey ? sourceCipher : new ArenaCipher(arena, own(setup.targetKey), keyStreamBytes)

let flushing = false
const writer = (isTree: boolean): PackWriter =>
  new PackWriter({
    arena,
    cipher: targetCipher,
    hasher,
    decompress,
    staging: region(stagingBytes(blobBytes)),
    text: scratch,
    plain,
    isTree,
    targetBytes: setup.packBytes,
    spoolDirectory: setup.spoolDirectory,
    label: `${setup.label}-${isTree ? 'tree' : 'data'}-${port.threadId}`,
    onFinished: (pack) => port.note({ pack, partial: flushing }),
  })
const [data, tree] = [writer(false), writer(true)]
const { dataLevel } = setup.encoding
const mover = new BlobMover({
  arena,
  cipher: sourceCipher,
  index: BlobIndex.attach(setup.index),
  packs:
    setup.readableRoot === undefined
      ? createRemotePackReader(arena, port)
      : createLocalPackReader(arena, setup.readableRoot),
  decompress,
  compressTree: createCompressor(arena.bytes, zstdLevels.auto),
  compressData: dataLevel === undefined ? undefined : createCompressor(arena.bytes, dataLevel),
  data,
  tree,
  encoding: setup.encoding,
  sameKey: setup.sameKey,
  windowBytes,
  gapBytes,
  window,
  opened,
  plain,
  scratch,
})

answerJobs<TransferJob, TransferResult>((job) => {
  switch (job.type) {
    case 'blobs':
      return { failed: mover.move(job.entries) }
    case 'flush':
      flushing = true
      data.finish()
      tree.finish()
      return { failed: [] }
  }
})

function own({ encrypt, macK, macR }: MasterKey): MasterKey {
  return { encrypt: Buffer.from(encrypt), macK: Buffer.from(macK), macR: Buffer.from(macR) }
}
