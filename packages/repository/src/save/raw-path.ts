import { readdirSync } from 'node:fs'
import type { RawPath } from './save-jobs.ts'

export function joinPath(directory: RawPath, name: string | Buffer): RawPath {
  if (typeof directory === 'string' && typeof name === 'string') {
    return directory === '/' ? `/${name}` : `${directory}/${name}`
  }
  return Buffer.concat([bytesOf(directory), Buffer.from('/'), bytesOf(name)])
}

/** As Node's file functions take it. */
export function systemPath(path: RawPath): string | Buffer {
  return typeof path === 'string' ? path : Buffer.from(path.buffer, path.byteOffset, path.byteLength)
}

/** For messages: what is not UTF-8 shows as replacement characters. */
export function pathText(path: RawPath): string {
  return typeof path === 'string' ? path : Buffer.from(path).toString('utf8')
}

function bytesOf(path: RawPath): Uint8Array {
  return typeof path === 'string' ? Buffer.from(path) : path
}

/** Names in a directory in the order of their bytes: text where all are UTF-8, otherwise bytes. */
export function readNames(directory: RawPath): (string | Buffer)[] {
  const names = readdirSync(systemPath(directory))
  // a replacement character may stand for bytes that were lost, or be a name of its own: look again either way
  if (names.some((name) => name.includes('\ufffd'))) {
    return readdirSync(systemPath(directory), { encoding: 'buffer' })
      .toSorted(Buffer.compare)
      .map((bytes) => textIfLossless(bytes))
  }
  // UTF-16 order is the order of the bytes but for characters beyond U+FFFF, which sort before U+E000 to U+FFFF
  if (!names.some((name) => /[\ud800-\uffff]/.test(name))) return names.toSorted()
  return names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
}

function textIfLossless(bytes: Buffer): string | Buffer {
  const text = bytes.toString('utf8')
  return Buffer.from(text).equals(bytes) ? text : bytes
}
