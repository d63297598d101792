import { open, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Entry, FileEntry } from '@holdfast/core/entry'
import { AppError } from '@holdfast/core/errors/app-error'
import { parseWalFileName, segmentName, segmentNumber, segmentStart } from '../../wal/lsn.ts'
import { parsePageHeader, parseSegmentHeader, segmentHeaderBytes } from '../../wal/wal-page.ts'
import type { BackupRange, BackupRun } from '../backup-run.ts'
import { entryPath } from '../entry-path.ts'
import { reading } from './read-data.ts'

const pieceBytes = 1 << 20

/**
 * The segments from the backup's start to its end, without which it cannot be made consistent, and the histories of
 * timelines. Read here and now, from open files: a segment that the server takes for reuse meanwhile is noticed, since each
 * says where it belongs. On a standby several timelines may have a part of the range.
 */
export async function* walEntries(
  run: BackupRun,
  dataDirectory: string,
  range: BackupRange,
): AsyncGenerator<Entry, void, undefined> {
  const folder = join(dataDirectory, 'pg_wal')
  const names = await reading(folder, () => readdir(folder))
  const { walSegmentBytes } = run.facts.server
  const first = segmentNumber(range.startLsn, walSegmentBytes)
  const last = segmentNumber(range.stopLsn - 1n, walSegmentBytes)
  const missing = new Set<bigint>()
  for (let number = first; number <= last; number++) missing.add(number)
  for (const name of names.toSorted()) {
    const parsed = parseWalFileName(name, walSegmentBytes)
    if (parsed?.kind === 'history') yield await history(run, folder, name)
    if (parsed?.kind !== 'segment' || parsed.timeline > range.timeline) continue
    if (parsed.number < first || parsed.number > last) continue
    missing.delete(parsed.number)
    const entry = await segment(run, folder, name, parsed.number)
    yield entry
    yield doneMark(run, name, entry)
  }
  for (const number of missing) throw gone(run, segmentName(range.timeline, number, walSegmentBytes))
}

async function segment(run: BackupRun, folder: string, name: string, number: bigint): Promise<FileEntry> {
  const { mode, mtime, uid, gid } = await reading(join(folder, name), () => stat(join(folder, name)))
  run.tally.addFile()
  return {
    kind: 'file',
    path: entryPath(run.options.source, `pg_wal/${name}`),
    mode: mode & 0o7777,
    modifiedAt: mtime,
    uid,
    gid,
    isPaged: true,
    content: { type: 'stream', chunks: segmentBytes(run, folder, name, number) },
  }
}

async function* segmentBytes(
  run: BackupRun,
  folder: string,
  name: string,
  number: bigint,
): AsyncGenerator<Uint8Array, void, undefined> {
  const path = join(folder, name)
  const { walSegmentBytes, systemIdentifier } = run.facts.server
  await using file = await reading(path, () => open(path))
  let done = 0
  while (done < walSegmentBytes) {
    const piece = Buffer.allocUnsafeSlow(Math.min(pieceBytes, walSegmentBytes - done))
    const { bytesRead } = await reading(path, () => file.read(piece, 0, piece.length, done))
    if (bytesRead === 0) throw gone(run, name)
    if (
      done === 0 &&
      !isSegment(piece.subarray(0, bytesRead), segmentStart(number, walSegmentBytes), systemIdentifier)
    ) {
      throw gone(run, name)
    }
    done += bytesRead
    run.tally.addBytes(bytesRead)
    yield piece.subarray(0, bytesRead)
  }
  // Read to its end before it was taken for reuse: then its name is still there.
  await reading(path, () => stat(path))
}

function isSegment(bytes: Buffer, start: bigint, systemIdentifier: string): boolean {
  if (bytes.length < segmentHeaderBytes) return false
  const { addressHigh, addressLow } = parsePageHeader(bytes)
  const address = (BigInt(addressHigh) << 32n) | BigInt(addressLow)
  return address === start && parseSegmentHeader(bytes).systemIdentifier.toString() === systemIdentifier
}

/** Tells the restored server that the segment needs no archiving. */
function doneMark(run: BackupRun, name: string, { uid, gid }: FileEntry): FileEntry {
  const path = entryPath(run.options.source, `pg_wal/archive_status/${name}.done`)
  const content = { type: 'bytes', bytes: new Uint8Array() } as const
  const owner = uid === undefined || gid === undefined ? {} : { uid, gid }
  return { kind: 'file', path, mode: 0o600, modifiedAt: new Date(0), ...owner, content }
}

async function history(run: BackupRun, folder: string, name: string): Promise<FileEntry> {
  const path = join(folder, name)
  // the server must be able to read it, whoever restores
  const { mode, mtime, uid, gid } = await reading(path, () => stat(path))
  const bytes = await reading(path, () => readFile(path))
  run.tally.addFile()
  run.tally.addBytes(bytes.length)
  const place = entryPath(run.options.source, `pg_wal/${name}`)
  const owned = { mode: mode & 0o7777, modifiedAt: mtime, uid, gid }
  return { kind: 'file', path: place, ...owned, content: { type: 'bytes', bytes } }
}

function gone(run: BackupRun, name: string): AppError {
  const reason = `the WAL segment ${name} is gone, which recovery needs; raise wal_keep_size or max_slot_wal_keep_size`
  return new AppError('POSTGRES_BACKUP_INCOMPLETE', { host: run.session.host, reason })
}
