import { closeSync } from 'node:fs'
import { holdsPart } from './compare-content.ts'
import type { Want } from './content-plan.ts'
import { type ContentPart, type FileContent, partsOf } from './file-content.ts'
import { openForWriting } from './restore-files.ts'
import type { ContentRange } from './restore-protocol.ts'
import type { RestoreThread } from './restore-thread.ts'
import { openExisting } from './target-entry.ts'
import { writePart, writeSparsePart } from './write-part.ts'

/** Content of about this size is one range. */
const rangeBytes = 8 << 20

/** Splits a large file's content for several workers. */
export function splitContent(
  file: number,
  path: string,
  content: FileContent,
  options: { existing: boolean; sparse: boolean },
): ContentRange[] {
  const ranges: ContentRange[] = []
  let first = 0
  let bytes = 0
  for (const [i, part] of content.parts.entries()) {
    bytes += part.length
    if (bytes < rangeBytes && i < content.parts.length - 1) continue
    const parts = content.parts.slice(first, i + 1)
    const ids = parts.map(({ id }) => id).join('')
    ranges.push({ file, path, offset: parts[0]?.offset ?? 0, sizeBytes: bytes, ids, ...options })
    first = i + 1
    bytes = 0
  }
  return ranges
}

/** Writes a range's content into its file, which has its size already. Failures are reported. */
export function restoreRange(thread: RestoreThread, range: ContentRange): { written: number; failed: boolean } {
  const outcome = { written: 0, failed: false }
  const fail = (error: unknown): void => {
    if (!outcome.failed) thread.fail(range.path, error)
    outcome.failed = true
  }
  if (thread.rules.dryRun) return dryRange(thread, range)
  let fd = -1
  try {
    fd = openForWriting(range.path, range.existing ? 'both' : 'write')
    const wanted = wantedParts(thread, range, fd)
    const wants = wanted.map(({ id, entry, offset }): Want<number> => ({ id, entry, place: offset }))
    thread.content.read(wants, {
      take(offset, at, length) {
        if (outcome.failed) return
        if (range.sparse) writeSparsePart(thread.arena, fd, at, length, offset)
        else writePart(thread.arena, fd, at, length, offset)
        thread.counters.add('bytesRestored', length)
        outcome.written += length
      },
      lose: (_offset, error) => fail(error),
    })
  } catch (error) {
    fail(error)
  } finally {
    if (fd >= 0) closeSync(fd)
  }
  return outcome
}

/** What the file does not hold already. */
function wantedParts(thread: RestoreThread, range: ContentRange, fd: number): ContentPart[] {
  const parts = rangeParts(thread, range)
  if (!range.existing) return parts
  return parts.filter((part) => {
    thread.pause()
    if (!holdsPart(thread.arena, thread.scratch, fd, part)) return true
    thread.counters.add('bytesSkipped', part.length)
    return false
  })
}

function dryRange(thread: RestoreThread, range: ContentRange): { written: number; failed: boolean } {
  let written = range.sizeBytes
  if (range.existing) {
    const fd = openExisting(range.path, 'read')
    try {
      written = wantedParts(thread, range, fd).reduce((sum, { length }) => sum + length, 0)
    } finally {
      closeSync(fd)
    }
  }
  thread.counters.add('bytesRestored', written)
  return { written, failed: false }
}

export function rangeParts(thread: RestoreThread, { ids, offset }: ContentRange): ContentPart[] {
  const list: string[] = []
  for (let at = 0; at < ids.length; at += 64) list.push(ids.slice(at, at + 64))
  return [...partsOf(thread.index, list, offset).parts]
}
