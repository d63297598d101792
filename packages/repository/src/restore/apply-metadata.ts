import { chmodSync, fchmodSync, fchownSync, futimesSync, lchownSync, lutimesSync } from 'node:fs'
import { statModeOf } from '../format/file-mode.ts'
import type { Node } from '../format/node.ts'
import { setTimes, setTimesOfFd } from '../native/times.ts'
import { listXattrs, removeXattr, setXattr } from '../native/xattr.ts'
import { errnoOf } from './file-system-errno.ts'
import type { PostedAttribute } from './restore-protocol.ts'
import type { RestoreThread } from './restore-thread.ts'
import { systemPath } from './target-path.ts'

export type NodeMetadata = Pick<Node, 'mode' | 'uid' | 'gid' | 'mtimeNs' | 'atimeNs'> & {
  readonly extendedAttributes: readonly PostedAttribute[]
}

export interface MetadataTarget {
  readonly path: string
  /** of the open file; without one the path is used, never following a symbolic link */
  readonly fd?: number
  /** symbolic links have no mode of their own */
  readonly isSymlink?: boolean
  /** attributes that the snapshot does not hold may be there, and are removed */
  readonly mayHaveAttributes: boolean
}

/**
 * Owner, attributes, times, and the mode last, because giving a file away clears its setuid bits.
 * Owners that may not be given and attributes that the file system does not know are counted, not errors.
 */
export function applyMetadata(thread: RestoreThread, target: MetadataTarget, metadata: NodeMetadata): void {
  const path = systemPath(target.path)
  setOwner(thread, path, target.fd, metadata)
  if (target.mayHaveAttributes) removeUnexpected(path, metadata)
  if (metadata.extendedAttributes.length > 0) setAttributes(thread, path, metadata)
  setBothTimes(path, target.fd, metadata)
  if (target.isSymlink === true) return
  const mode = statModeOf(metadata.mode) & 0o7777
  if (target.fd === undefined) chmodSync(path, mode)
  else fchmodSync(target.fd, mode)
}

function setOwner(
  thread: RestoreThread,
  path: string | Buffer,
  fd: number | undefined,
  { uid, gid }: NodeMetadata,
): void {
  try {
    if (fd === undefined) lchownSync(path, uid, gid)
    else fchownSync(fd, uid, gid)
  } catch (error) {
    // EINVAL: an owner that this user namespace does not know
    const refused = errnoOf(error) === 'EPERM' || (errnoOf(error) === 'EINVAL' && !thread.rules.privileged)
    if (!refused) throw error
    thread.counters.add('ownersRefused', 1)
  }
}

function setAttributes(thread: RestoreThread, path: string | Buffer, metadata: NodeMetadata): void {
  for (const attribute of metadata.extendedAttributes) {
    try {
      if (!setXattr(path, attribute.name, attribute.value)) thread.counters.add('attributesRefused', 1)
    } catch (error) {
      const refused = ['ENOTSUP', 'EOPNOTSUPP', 'EPERM'].includes(errnoOf(error))
      if (!refused) throw error
      thread.counters.add('attributesRefused', 1)
    }
  }
}

function removeUnexpected(path: string | Buffer, metadata: NodeMetadata): void {
  for (const name of listXattrs(path) ?? []) {
    const expected = metadata.extendedAttributes.some((attribute) => Buffer.compare(attribute.name, name) === 0)
    // labels belong to the system's policy and cannot be taken away
    if (!expected && name.toString('latin1') !== 'security.selinux') removeXattr(path, name)
  }
}

function setBothTimes(path: string | Buffer, fd: number | undefined, { atimeNs, mtimeNs }: NodeMetadata): void {
  const isSet = fd === undefined ? setTimes(path, atimeNs, mtimeNs) : setTimesOfFd(fd, atimeNs, mtimeNs)
  if (isSet) return
  // without the native call Node's own serves, to a microsecond
  const [atime, mtime] = [Number(atimeNs) / 1e9, Number(mtimeNs) / 1e9]
  if (fd === undefined) lutimesSync(path, atime, mtime)
  else futimesSync(fd, atime, mtime)
}
