import { type BigIntStats, readlinkSync, symlinkSync } from 'node:fs'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Node } from '../format/node.ts'
import { makeSpecialFile, type SpecialFileKind } from '../native/special-files.ts'
import { applyMetadata } from './apply-metadata.ts'
import { mayOverwrite } from './examine-existing.ts'
import type { RestoreThread } from './restore-thread.ts'
import { clearPlace, statEntry } from './target-entry.ts'
import { shownPath, systemPath } from './target-path.ts'

/** Makes a symbolic link, device node or pipe with its metadata, in place of whatever may be overwritten. */
export function restoreSpecial(
  thread: RestoreThread,
  node: Node,
  target: { readonly path: string; readonly inheritsAcl: boolean },
): void {
  const { path } = target
  const found = statEntry(path)
  if (found !== undefined && !mayOverwrite(thread.rules.overwrite, node, found)) {
    thread.tell('skipped', path, 0)
    return
  }
  const isThere = found !== undefined && isSameSpecial(node, path, found)
  if (!thread.rules.dryRun) {
    if (found !== undefined && !isThere) clearPlace(path, found)
    if (!isThere) makeSpecial(node, path)
    const mayHaveAttributes = found !== undefined || target.inheritsAcl
    applyMetadata(thread, { path, isSymlink: node.type === 'symlink', mayHaveAttributes }, node)
  }
  thread.counters.add('othersRestored', 1)
  thread.tell(isThere ? 'unchanged' : found === undefined ? 'restored' : 'updated', path, 0)
}

function isSameSpecial(node: Node, path: string, found: BigIntStats): boolean {
  switch (node.type) {
    case 'symlink':
      return found.isSymbolicLink() && node.linkTarget?.equals(readlinkSync(systemPath(path), 'buffer')) === true
    case 'dev':
      return found.nlink === 1n && found.isBlockDevice() && found.rdev === node.device
    case 'chardev':
      return found.nlink === 1n && found.isCharacterDevice() && found.rdev === node.device
    case 'fifo':
      return found.nlink === 1n && found.isFIFO()
    default:
      return false
  }
}

function makeSpecial(node: Node, path: string): void {
  if (node.type === 'symlink') {
    if (node.linkTarget === undefined) {
      throw new AppError('REPOSITORY_DAMAGED', { object: `link ${node.name.toString()}`, reason: 'it has no target' })
    }
    symlinkSync(node.linkTarget, systemPath(path))
    return
  }
  if (makeSpecialFile(systemPath(path), specialKind(node), 0o600, node.device)) return
  throw new AppError('TARGET_UNUSABLE', {
    target: shownPath(path),
    reason: 'special files cannot be made on this system',
  })
}

function specialKind({ type }: Node): SpecialFileKind {
  if (type === 'dev' || type === 'chardev' || type === 'fifo') return type
  throw new Error(`a ${type} is not a special file`)
}
