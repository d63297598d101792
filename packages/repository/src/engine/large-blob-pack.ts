import { closeSync } from 'node:fs'
import { join } from 'node:path'
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { AppError } from '@holdfast/core/errors/app-error'
import { open, seal } from '../format/crypto.ts'
import type { MasterKey } from '../format/master-key.ts'
import { sealPackHeader } from '../format/pack-header.ts'
import type { PackedBlob } from '../format/packed-blob.ts'
import type { FinishedPack } from './finished-pack.ts'
import { createSpoolFile, writeFully } from './spool-file.ts'
import { sha256 } from './sha256.ts'

export interface LargeBlob {
  readonly id: string
  readonly bytes: Buffer
  readonly isTree: boolean
  /** zstd level; undefined stores it uncompressed */
  readonly level: number | undefined
}

/**
 * Makes a pack that holds one blob too large for the arena, with memory of its own. Rare: the tree of a directory with
 * tens of thousands of entries. Verified like every other blob.
 */
export function writeLargeBlobPack(
  key: MasterKey,
  blob: LargeBlob,
  spoolDirectory: string | undefined,
  label: string,
): FinishedPack {
  const { id, bytes, isTree, level } = blob
  const compressed =
    level === undefined
      ? undefined
      : zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: level } })
  const sealed = seal(key, compressed ?? bytes)
  const opened = open(key, sealed, `blob ${id}`)
  const readBack = compressed === undefined ? opened : zstdDecompressSync(opened, { maxOutputLength: bytes.length })
  if (sha256(readBack) !== id) throw new AppError('ENGINE_READBACK_FAILED', { blob: id, reason: 'other content' })
  const entry: PackedBlob = {
    id,
    type: isTree ? 'tree' : 'data',
    offset: 0,
    length: sealed.length,
    rawLength: compressed === undefined ? 0 : bytes.length,
  }
  const pack = Buffer.concat([sealed, sealPackHeader(key, [entry])])
  const path = spoolDirectory === undefined ? '' : join(spoolDirectory, label)
  if (spoolDirectory !== undefined) writeSpoolFile(spoolDirectory, path, pack)
  return { path, sizeBytes: pack.length, id: sha256(pack), isTree, blobs: [entry], blobBytes: sealed.length }
}

function writeSpoolFile(directory: string, path: string, bytes: Buffer): void {
  const file = createSpoolFile(directory, path)
  try {
    writeFully(file, bytes)
  } finally {
    closeSync(file.descriptor)
  }
}
