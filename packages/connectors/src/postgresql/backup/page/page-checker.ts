import type { Lsn } from '../../wal/lsn.ts'
import { pageChecksum } from './page-checksum.ts'

export interface PageLayout {
  /** 8192 unless the server was built otherwise */
  readonly blockBytes: number
  /** blocks in one file of a relation */
  readonly relationSegmentBlocks: number
}

export interface BadPage {
  /** of the relation, counted over all its files */
  readonly block: number
  /** of this file */
  readonly offset: number
  readonly found: number
  readonly expected: number
  /** of the last change, as the page says */
  readonly lsn: Lsn
}

/** Of the first page looked at: its number in the relation, counted over all its files, and its place in this file. */
export interface PagePlace {
  readonly block: number
  readonly offset: number
}

/**
 * The pages whose checksum is wrong among `count` whole ones that lie in `words` (little-endian) from `at` on. A page that
 * was never used (pd_upper is 0) has no checksum. A wrong one is not yet damage: see `secondVerdict`.
 */
export function findBadPages(
  words: Int32Array,
  at: number,
  count: number,
  place: PagePlace,
  blockBytes: number,
): BadPage[] {
  const bad: BadPage[] = []
  const pageWords = blockBytes / 4
  for (let page = 0; page < count; page++) {
    const start = at + page * pageWords
    if (isUnused(words, start)) continue
    // Word 2 is pd_checksum and, in its upper half, pd_flags.
    const found = (words[start + 2] ?? 0) & 0xffff
    const block = place.block + page
    const expected = pageChecksum(words, start, pageWords, block)
    if (expected === found) continue
    bad.push({ block, offset: place.offset + page * blockBytes, found, expected, lsn: lsnOf(words, start) })
  }
  return bad
}

/**
 * What a second reading of a page says that was bad at first. "repaired": it was caught while the server wrote it; replaying
 * WAL puts the page's whole image over it, because the server logs one at the first change after a backup's start
 * (PostgreSQL documentation, "full_page_writes"). "misread": the disk has a whole, old page, and what was read first is
 * something else.
 */
export function secondVerdict(
  words: Int32Array,
  place: PagePlace,
  { blockBytes, startLsn }: { blockBytes: number; startLsn: Lsn },
): BadPage | 'repaired' | 'misread' {
  const [bad] = findBadPages(words, 0, 1, place, blockBytes)
  if (bad !== undefined) return bad
  return isUnused(words, 0) || lsnOf(words, 0) >= startLsn ? 'repaired' : 'misread'
}

/** Word 3 is pd_lower and, in its upper half, pd_upper. */
function isUnused(words: Int32Array, start: number): boolean {
  return (words[start + 3] ?? 0) >>> 16 === 0
}

function lsnOf(words: Int32Array, start: number): Lsn {
  return (BigInt((words[start] ?? 0) >>> 0) << 32n) | BigInt((words[start + 1] ?? 0) >>> 0)
}
