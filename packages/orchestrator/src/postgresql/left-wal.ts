import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { parseWalFileName, smallestSegmentBytes } from '@holdfast/connectors/postgresql/wal/lsn'

/** Whether a directory holds nothing but WAL, as an earlier restore has left it: it came from a repository and may go. */
export async function holdsWalOnly(directory: string): Promise<boolean> {
  return (await namesIn(directory)).every((name) => parseWalFileName(name, smallestSegmentBytes) !== undefined)
}

/** Removes what an earlier restore has left there: segments that were not whole then may be now. */
export async function removeLeftWal(directory: string): Promise<void> {
  for (const name of await namesIn(directory)) {
    if (parseWalFileName(name, smallestSegmentBytes) !== undefined) await rm(join(directory, name))
  }
}

/** None of what is not there; what may not be read fails when it is written to. */
function namesIn(directory: string): Promise<string[]> {
  return readdir(directory).catch(() => [])
}
