import { createCipheriv } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'

const pieceBytes = 8 * 1024 * 1024

/** Writes one file of `sizeBytes` that cannot be compressed or deduplicated: a key stream of AES with a fixed key. */
export async function writeRandomData(path: string, sizeBytes: number): Promise<void> {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, 7), Buffer.alloc(16))
  const zeros = Buffer.alloc(pieceBytes)
  await using file: FileHandle = await open(path, 'w')
  for (let written = 0; written < sizeBytes; written += pieceBytes) {
    await file.writeFile(cipher.update(zeros.subarray(0, Math.min(pieceBytes, sizeBytes - written))))
  }
}
