/**
 * Runs in the engine's worker threads: checks the pages of relation files while they are in memory. What a worker has is
 * cut by content, so pages at its ends are read again from the file, and a page that seems bad is read again too,
 * because it may have been caught while the server wrote it.
 */
import { readSync } from 'node:fs'
import type { InspectedFile, Inspector } from '@holdfast/core/entry'
import { compileSums } from '../../../wasm/sums.ts'
import { formatLsn, type Lsn, parseLsn } from '../../wal/lsn.ts'
import { serverPath } from '../entry-path.ts'
import { type BadPage, findBadPages, type PageLayout, secondVerdict } from './page-checker.ts'
import { badPageMessage, misreadPageMessage } from './page-message.ts'
import { parseRelationFile } from './relation-file.ts'

/** plain data, for the thread's start */
export interface PageInspectorOptions extends PageLayout {
  readonly source: string
  /** where recovery begins, "0/2000028" */
  readonly startLsn: string
}

interface Reading {
  readonly layout: PageLayout
  readonly startLsn: Lsn
  readonly firstBlock: number
  readonly descriptor: number
}

const pagesAtOnce = 32
const attempts = 5

export function createInspector(options: unknown): Inspector {
  const { source, startLsn, blockBytes, relationSegmentBlocks } = readOptions(options)
  const layout = { blockBytes, relationSegmentBlocks }
  const start = parseLsn(startLsn) ?? 0n
  const buffer = new Int32Array((blockBytes * pagesAtOnce) / 4)
  return {
    inspect(bytes: Uint8Array, offset: number, { path, descriptor }: InspectedFile) {
      const relation = parseRelationFile(serverPath(source, path) ?? '')
      if (relation === undefined) return []
      const firstBlock = relation.segment * relationSegmentBlocks
      return inspectPart(bytes, offset, { layout, startLsn: start, firstBlock, descriptor }, buffer)
    },
  }
}

/** A page belongs to the part in which it begins, so that each one is looked at once. */
function inspectPart(bytes: Uint8Array, offset: number, reading: Reading, buffer: Int32Array): string[] {
  const { blockBytes } = reading.layout
  const messages: string[] = []
  const target = new Uint8Array(buffer.buffer)
  let at = -offset & (blockBytes - 1)
  while (at + blockBytes <= bytes.length) {
    const count = Math.min(pagesAtOnce, Math.floor((bytes.length - at) / blockBytes))
    target.set(bytes.subarray(at, at + count * blockBytes))
    messages.push(...check(buffer, count, offset + at, reading))
    at += count * blockBytes
  }
  // A page cut off by the file's end is none yet: the server was about to add it.
  if (at < bytes.length && readPage(target, offset + at, reading)) {
    messages.push(...check(buffer, 1, offset + at, reading))
  }
  return messages
}

function check(buffer: Int32Array, count: number, offset: number, reading: Reading): string[] {
  const { blockBytes } = reading.layout
  const place = { block: reading.firstBlock + offset / blockBytes, offset }
  return findBadPages(buffer, 0, count, place, blockBytes).flatMap((page) => secondLook(page, reading))
}

function secondLook(page: BadPage, reading: Reading): readonly string[] {
  const { blockBytes } = reading.layout
  const words = new Int32Array(blockBytes / 4)
  let last = page
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (attempt > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, attempt)
    // A file cut short meanwhile no longer has the page, and replay cuts it too.
    if (!readPage(new Uint8Array(words.buffer), page.offset, reading)) return []
    const verdict = secondVerdict(words, page, { blockBytes, startLsn: reading.startLsn })
    if (verdict === 'repaired') return []
    if (verdict === 'misread') return [misreadPageMessage(page)]
    last = verdict
  }
  return [badPageMessage(last)]
}

function readPage(target: Uint8Array, offset: number, { layout, descriptor }: Reading): boolean {
  let done = 0
  while (done < layout.blockBytes) {
    const count = readSync(descriptor, target, done, layout.blockBytes - done, offset + done)
    if (count === 0) return false
    done += count
  }
  return true
}

function readOptions(options: unknown): PageInspectorOptions {
  if (
    typeof options === 'object' &&
    options !== null &&
    'source' in options &&
    typeof options.source === 'string' &&
    'startLsn' in options &&
    typeof options.startLsn === 'string' &&
    'blockBytes' in options &&
    typeof options.blockBytes === 'number' &&
    'relationSegmentBlocks' in options &&
    typeof options.relationSegmentBlocks === 'number'
  ) {
    const { source, startLsn, blockBytes, relationSegmentBlocks } = options
    return { source, startLsn, blockBytes, relationSegmentBlocks }
  }
  throw new Error(`not options of the page inspector: ${JSON.stringify(options)}`)
}

/** The reference that a backup hands to the engine. */
export function pageInspector(
  source: string,
  startLsn: Lsn,
  layout: PageLayout,
): { module: string; options: PageInspectorOptions } {
  const { blockBytes, relationSegmentBlocks } = layout
  // the threads that check pages share what is kept here
  compileSums()
  return {
    module: import.meta.url,
    options: { source, startLsn: formatLsn(startLsn), blockBytes, relationSegmentBlocks },
  }
}
