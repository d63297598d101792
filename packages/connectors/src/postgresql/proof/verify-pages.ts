import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Context } from '@holdfast/core/context'
import { type CheckOutcome, failed, passed, skipped } from '@holdfast/core/proof/check'
import { findBadPages, type PageLayout } from '../backup/page/page-checker.ts'
import { parseRelationFile } from '../backup/page/relation-file.ts'

const bufferBytes = 1 << 20
const namedAtMost = 10

/**
 * Reads every page of a cluster whose server has been shut down, and compares it with its checksum. `dataChecksums`
 * false: there is nothing to compare with.
 */
export async function verifyPages(
  dataDirectory: string,
  layout: PageLayout & { readonly dataChecksums: boolean },
  ctx: Context,
): Promise<CheckOutcome> {
  if (!layout.dataChecksums) return skipped('the cluster has no data checksums')
  const buffer = new Uint8Array(Math.max(bufferBytes, layout.blockBytes))
  const bad: string[] = []
  let [pages, badPages] = [0, 0]
  for await (const path of relationFiles(dataDirectory)) {
    ctx.signal.throwIfAborted()
    const found = await verifyFile(dataDirectory, path, layout, buffer)
    pages += found.pages
    badPages += found.bad.length
    bad.push(...found.bad.slice(0, namedAtMost - bad.length).map((block) => `block ${block} of ${path}`))
    ctx.emit({ type: 'work.progressed', work: 'checking pages', unit: 'pages', done: pages })
  }
  return badPages === 0
    ? passed(pages === 1 ? '1 page matches its checksum' : `${pages} pages match their checksums`)
    : failed(`${badPages} of ${pages} pages do not match: ${bad.join(', ')}`)
}

/** Paths below the data directory; tablespaces are followed through their links. */
async function* relationFiles(dataDirectory: string): AsyncGenerator<string> {
  const directories = ['global', ...(await children(dataDirectory, 'base'))]
  for (const tablespace of await children(dataDirectory, 'pg_tblspc')) {
    for (const version of await children(dataDirectory, tablespace)) {
      directories.push(...(await children(dataDirectory, version)))
    }
  }
  for (const directory of directories) {
    for (const path of await children(dataDirectory, directory)) {
      if (parseRelationFile(path) !== undefined) yield path
    }
  }
}

async function children(dataDirectory: string, path: string): Promise<string[]> {
  try {
    return (await readdir(join(dataDirectory, path))).map((name) => `${path}/${name}`)
  } catch (error) {
    // a file where directories are expected
    if (error instanceof Error && 'code' in error && error.code === 'ENOTDIR') return []
    throw error
  }
}

async function verifyFile(
  dataDirectory: string,
  path: string,
  { blockBytes, relationSegmentBlocks }: PageLayout,
  buffer: Uint8Array,
): Promise<{ readonly pages: number; readonly bad: readonly number[] }> {
  const words = new Int32Array(buffer.buffer)
  const first = (parseRelationFile(path)?.segment ?? 0) * relationSegmentBlocks
  const bad: number[] = []
  let pages = 0
  await using file = await open(join(dataDirectory, path), 'r')
  for (;;) {
    const offset = pages * blockBytes
    const { bytesRead } = await file.read(buffer, 0, buffer.length, offset)
    const count = Math.floor(bytesRead / blockBytes)
    if (count === 0) return { pages, bad }
    const place = { block: first + pages, offset }
    bad.push(...findBadPages(words, 0, count, place, blockBytes).map(({ block }) => block))
    pages += count
  }
}
