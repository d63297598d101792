import { goFileMode } from '../format/file-mode.ts'
import { jsonString } from '../format/json-string.ts'
import type { ExtendedAttribute, NodeType } from '../format/node.ts'
import { formatTimestamp } from '../format/timestamp.ts'
import type { FileStats } from './save-jobs.ts'

/** Names of users and groups, as JSON text with their key, or empty: `,"user":"root"`. */
export interface OwnerText {
  user(uid: number): string
  group(gid: number): string
}

/** The times of a node as they stand in its JSON. */
export interface NodeTimes {
  readonly mtime: string
  readonly ctime: string
}

const timeTexts = new Map<bigint, string>()

/** Timestamps repeat (a checkout, an unpacked archive), and making one takes longer than all else in a node. */
function timeText(ns: bigint): string {
  const known = timeTexts.get(ns)
  if (known !== undefined) return known
  if (timeTexts.size > 4096) timeTexts.clear()
  const text = formatTimestamp(ns)
  timeTexts.set(ns, text)
  return text
}

export function nodeTimes(stats: Pick<FileStats, 'mtimeNs' | 'ctimeNs'>): NodeTimes {
  const mtime = timeText(stats.mtimeNs)
  return { mtime, ctime: stats.ctimeNs === stats.mtimeNs ? mtime : timeText(stats.ctimeNs) }
}

/**
 * A node's JSON up to its device_id: byte for byte what `encodeNode` gives, made straight from the file's attributes,
 * because a backup makes millions of them. `name` is JSON text.
 */
export function nodeHead(
  name: string,
  type: NodeType,
  stats: FileStats,
  times: NodeTimes,
  owners: OwnerText,
  withAtime: boolean,
): string {
  const uid = Number(stats.uid)
  const gid = Number(stats.gid)
  const mode = goFileMode(Number(stats.mode))
  const atime = withAtime ? timeText(stats.atimeNs) : times.mtime
  return (
    `{"name":${name},"type":"${type}"${mode === 0 ? '' : `,"mode":${mode}`}` +
    `,"mtime":"${times.mtime}","atime":"${atime}","ctime":"${times.ctime}","uid":${uid},"gid":${gid}` +
    `${owners.user(uid)}${owners.group(gid)}` +
    `${stats.ino === 0n ? '' : `,"inode":${stats.ino}`}${stats.dev === 0n ? '' : `,"device_id":${stats.dev}`}`
  )
}

export function sizeText(size: number): string {
  return size === 0 ? '' : `,"size":${size}`
}

export function linksText(links: bigint): string {
  return links === 0n ? '' : `,"links":${links}`
}

export function contentText(ids: readonly string[]): string {
  return ids.length === 0 ? ',"content":[]' : `,"content":["${ids.join('","')}"]`
}

export function attributesText(attributes: readonly ExtendedAttribute[]): string {
  if (attributes.length === 0) return ''
  const items = attributes.map(
    ({ name, value }) => `{"name":${jsonString(name)},"value":"${value.toString('base64')}"}`,
  )
  return `,"extended_attributes":[${items.join(',')}]`
}

/** Link targets that are not UTF-8 are kept in raw form as well. */
export function linkTargetText(target: Buffer): string {
  if (target.length === 0) return ''
  const text = `,"linktarget":${jsonString(target)}`
  return Buffer.from(target.toString('utf8')).equals(target)
    ? text
    : `${text},"linktarget_raw":"${target.toString('base64')}"`
}

export function deviceText(device: bigint): string {
  return device === 0n ? '' : `,"device":${device}`
}
