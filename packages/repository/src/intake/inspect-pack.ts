import { hash } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { zstdDecompressSync } from 'node:zlib'
import { AppError } from '@holdfast/core/errors/app-error'
import { tryOpen } from '../format/crypto.ts'
import type { MasterKey } from '../format/master-key.ts'
import { maxPackHeaderBytes, openPackHeader, packTrailerBytes } from '../format/pack-header.ts'
import type { PackedBlob } from '../format/packed-blob.ts'
import type { IntakeJob } from './intake-job.ts'

/**
 * No blob of a real backup is larger: files are cut at 8 MiB, and a directory of half a million files has a tree of this
 * size. Who sends more wants to fill the memory.
 */
const maxBlobBytes = { data: 32 << 20, tree: 256 << 20 } as const

/**
 * Opens every blob of a pack on the local disk: each must be what its id says.
 * @throws AppError REPOSITORY_DAMAGED
 */
export function inspectPack(key: MasterKey, { name, path, sizeBytes }: IntakeJob): readonly PackedBlob[] {
  const label = `pack ${name.slice(0, 8)}`
  const file = openSync(path, 'r')
  try {
    const blobs = readHeader(key, file, sizeBytes, label)
    for (const blob of blobs) {
      const reason = faultOf(key, blob, () => readBytes(file, blob.offset, blob.length, label))
      if (reason !== undefined) throw damaged(label, `blob ${blob.id.slice(0, 8)} at ${blob.offset}: ${reason}`)
    }
    return blobs
  } finally {
    closeSync(file)
  }
}

function readHeader(key: MasterKey, file: number, sizeBytes: number, label: string): PackedBlob[] {
  const end = readBytes(file, Math.max(0, sizeBytes - 4), Math.min(4, sizeBytes), label)
  const trailer = packTrailerBytes(end, sizeBytes, label)
  if (trailer > maxPackHeaderBytes + 4) throw damaged(label, `its header has ${trailer} bytes`)
  return openPackHeader(key, readBytes(file, sizeBytes - trailer, trailer, label), sizeBytes, label)
}

function faultOf(key: MasterKey, { id, type, length, rawLength }: PackedBlob, read: () => Buffer): string | undefined {
  if (Math.max(length, rawLength) > maxBlobBytes[type]) return `it claims ${Math.max(length, rawLength)} bytes`
  const text = tryOpen(key, read())
  if (text === undefined) return 'its tag does not match'
  const content = rawLength === 0 ? text : decompress(text, rawLength)
  if (content === undefined) return `it does not decompress to ${rawLength} bytes`
  return hash('sha256', content, 'hex') === id ? undefined : 'its content is another'
}

function decompress(text: Buffer, rawLength: number): Buffer | undefined {
  try {
    const content = zstdDecompressSync(text, { maxOutputLength: rawLength, chunkSize: Math.max(1024, rawLength) })
    return content.length === rawLength ? content : undefined
  } catch {
    return undefined
  }
}

function readBytes(file: number, offset: number, length: number, label: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(length)
  for (let done = 0; done < length;) {
    const read = readSync(file, bytes, done, length - done, offset + done)
    if (read === 0) throw damaged(label, `it ends after ${offset + done} bytes`)
    done += read
  }
  return bytes
}

function damaged(object: string, reason: string): AppError {
  return new AppError('REPOSITORY_DAMAGED', { object, reason })
}
