import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { findAbandonedSandboxes } from '../../../process/abandoned-sandboxes.ts'
import { makeDirectoryIn } from '../../../process/make-directory-in.ts'
import { ArchiveReader } from '../archive/archive-reader.ts'
import type { ArchiveFacts, TocEntry } from '../archive/toc-entry.ts'

/** A whole dump on disk. Disposing it removes it. */
export interface ArchiveFile extends AsyncDisposable {
  readonly path: string
  /** of its own, for what belongs to it */
  readonly directory: string
  readonly facts: ArchiveFacts
}

const placeKnown = 2

/** Named holdfast-restore-<process id>-<random>. */
const prefix = 'holdfast-restore-'

/**
 * Writes a dump to a file of its own below `parent`, for pg_restore's jobs. A dump that was written to a pipe does not say
 * where its blocks are, and every job would look for its own from the beginning: the places are entered here. Fails with
 * POSTGRES_DUMP_UNREADABLE when it is not whole.
 */
export async function writeArchiveFile(
  chunks: AsyncIterable<Uint8Array>,
  what: string,
  parent: string,
): Promise<ArchiveFile> {
  // a process that was killed has left the whole content of a database there; what is another user's is his to remove
  for (const left of await findAbandonedSandboxes(parent, prefix)) {
    await rm(left, { recursive: true, force: true }).catch(() => {})
  }
  const directory = await makeDirectoryIn(parent, `${prefix}${process.pid}-`)
  const dispose = (): Promise<void> => rm(directory, { recursive: true, force: true })
  try {
    const path = join(directory, 'dump')
    const reader = new ArchiveReader(what)
    await using file = await open(path, 'wx', 0o600)
    for await (const bytes of chunks) {
      reader.push(bytes)
      await file.writeFile(bytes)
    }
    const facts = reader.finish()
    for (const { dumpId, offsetAt } of facts.entries) {
      const place = facts.dataAt.get(dumpId)
      if (place === undefined) continue
      const note = Buffer.alloc(1 + facts.offsetBytes)
      note[0] = placeKnown
      note.writeUIntLE(place, 1, Math.min(6, facts.offsetBytes))
      await file.write(note, 0, note.length, offsetAt)
    }
    return { path, directory, facts, [Symbol.asyncDispose]: dispose }
  } catch (error) {
    await dispose()
    throw error
  }
}

/** The table of contents of a dump; no more of it is read than that. */
export async function readContents(chunks: AsyncIterable<Uint8Array>, what: string): Promise<readonly TocEntry[]> {
  const reader = new ArchiveReader(what)
  for await (const bytes of chunks) {
    reader.push(bytes)
    if (reader.entries !== undefined) return reader.entries
  }
  return reader.finish().entries
}
