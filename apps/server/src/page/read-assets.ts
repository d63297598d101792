import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'

export interface Asset {
  readonly mediaType: string
  readonly body: Buffer
}

/** The files of the page. `hash` is of all of them together, since they refer to each other by relative names. */
export interface Assets {
  readonly hash: string
  /** "view/runs.js" → its bytes */
  readonly files: ReadonlyMap<string, Asset>
}

/** What is not named here is no part of the page: the compiler's settings, declarations. */
const mediaTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** Reads every file of the page below a directory; those that are made at the start take the place of what is there. */
export async function readAssets(directory: string, made: ReadonlyMap<string, string> = new Map()): Promise<Assets> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
  const read = await Promise.all(
    paths.map(async (path) => [path.slice(directory.length + 1).replaceAll('\\', '/'), await readFile(path)] as const),
  )
  const files = new Map<string, Asset>()
  const hash = createHash('sha256')
  const all = new Map([...read, ...[...made].map(([name, text]) => [name, Buffer.from(text)] as const)])
  for (const [name, body] of [...all].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const mediaType = mediaTypes[extname(name)]
    if (mediaType === undefined) continue
    hash.update(`${name}\0${body.length}\0`).update(body)
    files.set(name, { mediaType, body })
  }
  return { hash: hash.digest('hex').slice(0, 20), files }
}
