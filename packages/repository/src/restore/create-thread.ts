import { Arena } from '../engine/arena.ts'
import { ArenaCipher } from '../engine/arena-cipher.ts'
import { BlobHasher } from '../engine/blob-hasher.ts'
import { BlobIndex } from '../engine/blob-index.ts'
import { BlobReader } from '../engine/blob-reader.ts'
import { createLocalPackReader, createRemotePackReader } from '../engine/pack-reader.ts'
import type { WorkerPort } from '../engine/worker-port.ts'
import { createDecompressor } from '../engine/zstd.ts'
import { ContentReader } from './content-reader.ts'
import { openCounterRow } from './restore-counters.ts'
import { controlSlots, type RestoreNote, type RestoreSetup } from './restore-protocol.ts'
import { createThreadReports, type RestoreThread } from './restore-thread.ts'
import { createSelection } from './selection.ts'

/*
 * Regions of a worker's arena. Only pages that are used take memory, so room is left for the largest blob that is accepted: the
 * tree of a directory with a million entries.
 */
const contentWindowBytes = 9 << 20
const blobWindowBytes = 192 << 20
const textBytes = 192 << 20
const plainBytes = 640 << 20
const keyStreamBytes = 256 << 10
const slackBytes = 1 << 20

const localTreeReadAheadBytes = 64 << 10
const remoteTreeReadAheadBytes = 1 << 20

/** Everything a worker works with, from what the scheduler sent. */
export function createThread(port: WorkerPort<RestoreSetup, RestoreNote>): RestoreThread {
  const { setup } = port
  const total = contentWindowBytes + blobWindowBytes + textBytes + plainBytes + keyStreamBytes + slackBytes
  const arena = new Arena(total, port.primitives)
  const key = {
    encrypt: Buffer.from(setup.key.encrypt),
    macK: Buffer.from(setup.key.macK),
    macR: Buffer.from(setup.key.macR),
  }
  const cipher = new ArenaCipher(arena, key, keyStreamBytes)
  const hasher = new BlobHasher(arena)
  const index = BlobIndex.attach(setup.index)
  const decompress = createDecompressor(arena.bytes)
  const region = (sizeBytes: number) => ({ at: arena.reserve(sizeBytes), sizeBytes })
  const window = region(contentWindowBytes)
  const regions = { window: region(blobWindowBytes), text: region(textBytes), plain: region(plainBytes) }
  const packs =
    setup.readableRoot === undefined
      ? createRemotePackReader(arena, port)
      : createLocalPackReader(arena, setup.readableRoot)
  const blobs = new BlobReader(arena, cipher, index, packs, regions, decompress)
  const control = new Int32Array(setup.control)
  const reports = createThreadReports(setup.rules, control, (note) => port.note(note))
  const { pause } = reports
  const { plain } = regions
  return {
    ...reports,
    arena,
    index,
    blobs,
    content: new ContentReader({ cipher, hasher, index, packs, blobs, decompress, window, plain, pause }),
    scratch: plain,
    rules: setup.rules,
    selection: createSelection(setup.rules.include, setup.rules.exclude),
    counters: openCounterRow(setup.counters, Atomics.add(control, controlSlots.nextRow, 1)),
    treeReadAheadBytes: packs.isLocal ? localTreeReadAheadBytes : remoteTreeReadAheadBytes,
  }
}
