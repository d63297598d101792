import { closeSync, fchmodSync, ftruncateSync } from 'node:fs'
import { AppError } from '@holdfast/core/errors/app-error'
import { applyMetadata } from './apply-metadata.ts'
import type { Want } from './content-plan.ts'
import { examineExisting } from './examine-existing.ts'
import { type ContentPart, contentOf, type FileContent, sizeMismatch } from './file-content.ts'
import { errnoOf } from './file-system-errno.ts'
import type { PendingFile } from './pending-file.ts'
import type { RestoreThread } from './restore-thread.ts'
import { createFile, openExisting, statEntry } from './target-entry.ts'
import { shownPath } from './target-path.ts'
import { writePart, writeSparsePart } from './write-part.ts'

/** Larger files are restored in parts, by all workers. */
export const largeFileBytes = 8 << 20

/** Content that is planned at once: bounds how many files are open and how much is remembered. */
const plannedBytes = 64 << 20

export interface FileOutcomes {
  /** the file is there, with its metadata (in a dry run: would be) */
  complete(file: PendingFile): void
  /** the file was left alone or could not be restored; its failure was reported */
  left(file: PendingFile): void
  /** the file has its size, and its content is to be restored in parts */
  large(file: PendingFile, content: FileContent, existing: boolean): void
}

/** A file of which some parts are still to be written. */
interface OpenFile {
  readonly file: PendingFile
  readonly sizeBytes: number
  readonly existing: boolean
  readonly sparse: boolean
  missing: number
  fd: number
  failed: boolean
}

interface Place {
  readonly target: OpenFile
  readonly offset: number
}

/** Restores regular files: all small ones completely, large ones up to their size. */
export function restoreFiles(thread: RestoreThread, files: readonly PendingFile[], outcomes: FileOutcomes): void {
  let wants: Want<Place>[] = []
  let bytes = 0
  const readAll = (): void => {
    try {
      thread.content.read(wants, {
        take: (place, at, length) => takePart(thread, place, at, length, outcomes),
        lose: (place, error) => losePart(thread, place.target, error, outcomes),
      })
    } finally {
      // after an interruption, or when the disk is full
      for (const { place } of wants) closeTarget(place.target)
    }
    wants = []
    bytes = 0
  }
  for (const file of files) {
    thread.pause()
    try {
      bytes += prepareFile(thread, file, wants, outcomes)
    } catch (error) {
      thread.fail(file.path, error)
      outcomes.left(file)
    }
    if (bytes >= plannedBytes) readAll()
  }
  readAll()
}

/** Adds what must be read for the file to `wants`; returns how many bytes that are. */
function prepareFile(thread: RestoreThread, file: PendingFile, wants: Want<Place>[], outcomes: FileOutcomes): number {
  const { node, path, mayExist } = file
  const content = contentOf(thread.index, node)
  const isLarge = content.sizeBytes > largeFileBytes
  const verdict = mayExist ? examineExisting(thread, path, node, content, isLarge) : absent
  const mismatch = sizeMismatch(node, content)
  if (mismatch !== undefined) thread.fail(path, mismatch)
  switch (verdict.type) {
    case 'keep':
      thread.counters.add('filesSkipped', 1)
      thread.tell('skipped', path, node.size)
      thread.leave(path)
      outcomes.left(file)
      return 0
    case 'same':
      if (!verdict.shared) setMetadataOfExisting(thread, file)
      thread.counters.add('filesSkipped', 1)
      thread.counters.add('bytesSkipped', content.sizeBytes)
      thread.tell('unchanged', path, content.sizeBytes)
      outcomes.complete(file)
      return 0
    case 'uncertain':
      prepareLarge(thread, file, content, true, outcomes)
      return 0
    case 'differs':
      return wantParts(thread, openLater(thread, file, content, true), verdict.parts, wants, outcomes)
    case 'absent':
      if (isLarge) {
        prepareLarge(thread, file, content, false, outcomes)
        return 0
      }
      return wantParts(thread, openLater(thread, file, content, false), content.parts, wants, outcomes)
  }
}

const absent = { type: 'absent', replaced: false } as const

function openLater(thread: RestoreThread, file: PendingFile, content: FileContent, existing: boolean): OpenFile {
  const sparse = thread.rules.sparse && !existing
  return { file, sizeBytes: content.sizeBytes, existing, sparse, missing: 0, fd: -1, failed: false }
}

function wantParts(
  thread: RestoreThread,
  target: OpenFile,
  parts: readonly ContentPart[],
  wants: Want<Place>[],
  outcomes: FileOutcomes,
): number {
  let bytes = 0
  for (const { id, entry, offset, length } of parts) {
    if (!thread.rules.dryRun) wants.push({ id, entry, place: { target, offset } })
    bytes += length
  }
  if (target.existing) thread.counters.add('bytesSkipped', Math.max(0, target.sizeBytes - bytes))
  target.missing = parts.length
  if (thread.rules.dryRun || parts.length === 0) {
    // an empty file, or one that only has to be shortened
    thread.counters.add('bytesRestored', bytes)
    if (!thread.rules.dryRun) openTarget(target)
    finishFile(thread, target, outcomes)
    return 0
  }
  return bytes
}

function takePart(
  thread: RestoreThread,
  { target, offset }: Place,
  at: number,
  length: number,
  outcomes: FileOutcomes,
): void {
  target.missing--
  if (!target.failed) {
    try {
      if (target.fd < 0) openTarget(target)
      if (target.sparse) writeSparsePart(thread.arena, target.fd, at, length, offset)
      else writePart(thread.arena, target.fd, at, length, offset)
      thread.counters.add('bytesRestored', length)
    } catch (error) {
      failFile(thread, target, error)
    }
  }
  if (target.missing === 0) finishFile(thread, target, outcomes)
}

function losePart(thread: RestoreThread, target: OpenFile, error: Error, outcomes: FileOutcomes): void {
  target.missing--
  failFile(thread, target, error)
  if (target.missing === 0) finishFile(thread, target, outcomes)
}

function failFile(thread: RestoreThread, target: OpenFile, error: unknown): void {
  if (!target.failed) thread.fail(target.file.path, error)
  target.failed = true
}

function openTarget(target: OpenFile): void {
  const { file, existing, sizeBytes } = target
  target.fd = existing ? openForWriting(file.path) : createInPlace(file.path)
  if (existing || target.sparse) ftruncateSync(target.fd, sizeBytes)
}

/** Something may have appeared in a new directory only when names differ in case alone, or someone else works there. */
function createInPlace(path: string): number {
  try {
    return createFile(path)
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
  }
  const reason = 'something has appeared there during the restore, or the file system does not tell names apart'
  throw new AppError('TARGET_UNUSABLE', { target: shownPath(path), reason })
}

/** A file that its owner may not write, such as one of mode 0444, is made writable first. */
export function openForWriting(path: string, mode: 'write' | 'both' = 'write'): number {
  try {
    return openExisting(path, mode)
  } catch (error) {
    if (errnoOf(error) !== 'EACCES' || statEntry(path)?.isFile() !== true) throw error
  }
  const fd = openExisting(path, 'read')
  try {
    fchmodSync(fd, 0o600)
  } finally {
    closeSync(fd)
  }
  return openExisting(path, mode)
}

function closeTarget(target: OpenFile): void {
  if (target.fd >= 0) closeSync(target.fd)
  target.fd = -1
}

function finishFile(thread: RestoreThread, target: OpenFile, outcomes: FileOutcomes): void {
  const { file, fd, existing, sizeBytes } = target
  try {
    if (!target.failed && fd >= 0) {
      const mayHaveAttributes = existing || file.inheritsAcl
      applyMetadata(thread, { path: file.path, fd, mayHaveAttributes }, file.node)
    }
  } catch (error) {
    failFile(thread, target, error)
  } finally {
    closeTarget(target)
  }
  if (target.failed) {
    outcomes.left(file)
    return
  }
  thread.counters.add('filesRestored', 1)
  thread.tell(existing ? 'updated' : 'restored', file.path, sizeBytes)
  outcomes.complete(file)
}

function prepareLarge(
  thread: RestoreThread,
  file: PendingFile,
  content: FileContent,
  existing: boolean,
  outcomes: FileOutcomes,
): void {
  if (!thread.rules.dryRun) {
    const fd = existing ? openForWriting(file.path) : createInPlace(file.path)
    try {
      ftruncateSync(fd, content.sizeBytes)
    } finally {
      closeSync(fd)
    }
  }
  outcomes.large(file, content, existing)
}

export function setMetadataOfExisting(thread: RestoreThread, { node, path }: PendingFile): void {
  if (thread.rules.dryRun) return
  let fd
  try {
    fd = openExisting(path, 'read')
  } catch (error) {
    if (errnoOf(error) !== 'EACCES') throw error
    // the mode forbids even its owner to read it; a regular file was seen here
    applyMetadata(thread, { path, mayHaveAttributes: true }, node)
    return
  }
  try {
    applyMetadata(thread, { path, fd, mayHaveAttributes: true }, node)
  } finally {
    closeSync(fd)
  }
}
