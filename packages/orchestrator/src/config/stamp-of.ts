import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'

/** What a file or a directory holds now; undefined when it cannot be read. */
export async function stampOf(path: string): Promise<string | undefined> {
  const bytes = await readFile(path).catch(() => undefined)
  if (bytes !== undefined) return stampOfContent(bytes)
  const names = await readdir(path).catch(() => undefined)
  return names === undefined ? undefined : stampOfNames(names)
}

export function stampOfContent(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex')
}

/** Of a directory: who is in it. */
export function stampOfNames(names: readonly string[]): string {
  return stampOfContent(names.toSorted().join('/'))
}
