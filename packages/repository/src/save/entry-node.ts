import type { BigIntStats } from 'node:fs'
import type { Entry } from '@holdfast/core/entry'
import { jsonString } from '../format/json-string.ts'
import { quoteName } from '../format/node-name.ts'
import { contentText, linksText, nodeHead, nodeTimes, type OwnerText, sizeText } from './node-text.ts'
import type { FileStats } from './save-jobs.ts'
import type { SnapshotIdentity } from './save-request.ts'

type Metadata = Pick<Extract<Entry, { readonly kind: 'file' }>, 'mode' | 'modifiedAt' | 'uid' | 'gid'>

const formatBits = { file: 0o100000, dir: 0o040000, symlink: 0o120000 } as const

/** What `FileStats` are for something that lies in no file system. */
export function statsOf(
  kind: keyof typeof formatBits,
  { mode, modifiedAt, uid, gid }: Metadata,
  identity: SnapshotIdentity,
): FileStats {
  const ns = BigInt(modifiedAt.getTime()) * 1_000_000n
  return {
    mode: BigInt(formatBits[kind] | (mode & 0o7777)),
    uid: BigInt(uid ?? identity.uid),
    gid: BigInt(gid ?? identity.gid),
    mtimeNs: ns,
    atimeNs: ns,
    ctimeNs: ns,
    ino: 0n,
    dev: 0n,
    nlink: 1n,
  }
}

/** A local file as its entry wants it restored: permissions and owner as stated there, all else as it is on disk. */
export function localStats({ mode, uid, gid }: Metadata, stats: FileStats): FileStats {
  return {
    ...stats,
    mode: BigInt(formatBits.file | (mode & 0o7777)),
    uid: uid === undefined ? stats.uid : BigInt(uid),
    gid: gid === undefined ? stats.gid : BigInt(gid),
  }
}

export function plainStats(stats: BigIntStats): FileStats {
  const { mode, uid, gid, mtimeNs, atimeNs, ctimeNs, ino, dev, nlink } = stats
  return { mode, uid, gid, mtimeNs, atimeNs, ctimeNs, ino, dev, nlink }
}

export function fileNode(
  name: string,
  stats: FileStats,
  content: { readonly ids: readonly string[]; readonly sizeBytes: number },
  owners: OwnerText,
): string {
  const head = nodeHead(quoteName(name), 'file', stats, nodeTimes(stats), owners, false)
  return `${head}${sizeText(content.sizeBytes)}${linksText(stats.nlink)}${contentText(content.ids)}}`
}

export function symlinkNode(name: string, stats: FileStats, target: string, owners: OwnerText): string {
  const head = nodeHead(quoteName(name), 'symlink', stats, nodeTimes(stats), owners, false)
  return `${head}${linksText(stats.nlink)},"linktarget":${jsonString(target)},"content":null}`
}

/** Up to its content: what is in it is known last. */
export function directoryHead(name: string, stats: FileStats, owners: OwnerText): string {
  return nodeHead(quoteName(name), 'dir', stats, nodeTimes(stats), owners, false)
}

/** Whoever makes the snapshot is known by name; other owners, of another machine perhaps, by number only. */
export function identityOwner({ uid, username }: SnapshotIdentity): OwnerText {
  const user = username === '' ? '' : `,"user":${jsonString(username)}`
  return { user: (id) => (id === uid ? user : ''), group: () => '' }
}
