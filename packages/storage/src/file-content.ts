import { readFile } from 'node:fs/promises'
import type { FileContent } from './backend.ts'

export function contentSize(content: FileContent): number {
  return content instanceof Uint8Array ? content.byteLength : content.sizeBytes
}

/** All bytes of what is to be written, in memory. */
export async function readContent(content: FileContent): Promise<Uint8Array> {
  return content instanceof Uint8Array ? content : await readFile(content.path)
}
