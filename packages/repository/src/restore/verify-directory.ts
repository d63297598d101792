import { closeSync, fstatSync } from 'node:fs'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Node } from '../format/node.ts'
import { holdsPart } from './compare-content.ts'
import { type ContentPart, contentOf } from './file-content.ts'
import { readNodes } from './read-nodes.ts'
import { largeFileBytes } from './restore-files.ts'
import type { ContentRange, VerifyTask } from './restore-protocol.ts'
import { rangeParts, splitContent } from './restore-range.ts'
import type { RestoreThread } from './restore-thread.ts'
import { openExisting } from './target-entry.ts'
import { childPath, shownPath } from './target-path.ts'

/** Compares every restored file of a directory with the hashes of its content; returns the parts of large files. */
export function verifyDirectory(thread: RestoreThread, task: VerifyTask): ContentRange[] {
  const large: ContentRange[] = []
  for (const node of [...readNodes(thread, task.tree)]) {
    const name = node.name.toString('latin1')
    if (node.type !== 'file' || task.except.has(name)) continue
    if (!thread.selection.test(childPath(task.location, name)).selected) continue
    thread.pause()
    const path = childPath(task.path, name)
    attempt(thread, path, () => large.push(...verifyFile(thread, node, path)))
  }
  return large
}

function verifyFile(thread: RestoreThread, node: Node, path: string): ContentRange[] {
  const content = contentOf(thread.index, node)
  withFile(path, (fd) => {
    const { size } = fstatSync(fd)
    if (size !== content.sizeBytes) throw altered(path, `it has ${size} bytes instead of ${content.sizeBytes}`)
    if (content.sizeBytes <= largeFileBytes) compareParts(thread, path, fd, content.parts)
  })
  thread.counters.add('filesVerified', 1)
  if (content.sizeBytes > largeFileBytes) {
    return splitContent(-1, path, content, { existing: true, sparse: false })
  }
  thread.counters.add('bytesVerified', content.sizeBytes)
  return []
}

export function verifyRange(thread: RestoreThread, range: ContentRange): void {
  attempt(thread, range.path, () => {
    withFile(range.path, (fd) => compareParts(thread, range.path, fd, rangeParts(thread, range)))
    thread.counters.add('bytesVerified', range.sizeBytes)
  })
}

function compareParts(thread: RestoreThread, path: string, fd: number, parts: readonly ContentPart[]): void {
  for (const part of parts) {
    thread.pause()
    if (holdsPart(thread.arena, thread.scratch, fd, part)) continue
    throw altered(path, `${part.length} bytes at ${part.offset} are not those of the snapshot`)
  }
}

function withFile(path: string, action: (fd: number) => void): void {
  const fd = openExisting(path, 'read')
  try {
    action(fd)
  } finally {
    closeSync(fd)
  }
}

function altered(path: string, reason: string): AppError {
  return new AppError('TARGET_DIFFERS', { file: shownPath(path), reason })
}

function attempt(thread: RestoreThread, path: string, action: () => void): void {
  try {
    action()
  } catch (error) {
    thread.fail(path, error, 'verify')
  }
}
