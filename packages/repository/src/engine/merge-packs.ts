import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import type { MasterKey } from '../format/master-key.ts'
import { sealPackHeader } from '../format/pack-header.ts'
import type { PackedBlob } from '../format/packed-blob.ts'
import type { FinishedPack } from './finished-pack.ts'
import { createSpoolFile, writeFully } from './spool-file.ts'

const copyBytes = 1 << 20

/**
 * Joins the packs that the workers had begun when the work ran out, so that a small backup leaves one pack of each kind
 * instead of one per worker. Sealed blobs are moved as they are; only the header is made anew.
 */
export function mergePacks(packs: readonly FinishedPack[], key: MasterKey, targetBytes: number): FinishedPack[] {
  const merged: FinishedPack[] = []
  for (const isTree of [false, true]) {
    let group: FinishedPack[] = []
    let groupBytes = 0
    for (const pack of packs.filter((each) => each.isTree === isTree)) {
      group.push(pack)
      groupBytes += pack.blobBytes
      if (groupBytes < targetBytes) continue
      merged.push(joinPacks(group, key))
      group = []
      groupBytes = 0
    }
    if (group.length > 0) merged.push(joinPacks(group, key))
  }
  return merged
}

function joinPacks(packs: readonly FinishedPack[], key: MasterKey): FinishedPack {
  const [first] = packs
  if (first === undefined) throw new Error('there is nothing to join')
  if (packs.length === 1 || first.path === '') return first
  const path = `${first.path}-joined`
  const hash = createHash('sha256')
  const target = createSpoolFile(dirname(path), path)
  const write = (bytes: Uint8Array): void => {
    hash.update(bytes)
    writeFully(target, bytes)
  }
  try {
    const blobs: PackedBlob[] = []
    let offset = 0
    for (const pack of packs) {
      copyBlobs(pack, write)
      for (const blob of pack.blobs) blobs.push({ ...blob, offset: offset + blob.offset })
      offset += pack.blobBytes
    }
    const trailer = sealPackHeader(key, blobs)
    write(trailer)
    for (const pack of packs) rmSync(pack.path, { force: true })
    const sizeBytes = offset + trailer.length
    return { path, sizeBytes, id: hash.digest('hex'), isTree: first.isTree, blobs, blobBytes: offset }
  } finally {
    closeSync(target.descriptor)
  }
}

function copyBlobs(pack: FinishedPack, write: (bytes: Uint8Array) => void): void {
  const buffer = Buffer.allocUnsafe(Math.min(copyBytes, pack.blobBytes))
  const source = openSync(pack.path, 'r')
  try {
    for (let done = 0; done < pack.blobBytes;) {
      const count = readSync(source, buffer, 0, Math.min(buffer.length, pack.blobBytes - done), done)
      if (count === 0) throw new Error(`the spool file ${pack.path} is too short`)
      write(buffer.subarray(0, count))
      done += count
    }
  } finally {
    closeSync(source)
  }
}
