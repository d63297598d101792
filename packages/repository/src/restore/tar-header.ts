import { isUtf8 } from 'node:buffer'

/*
 * Headers of tar archives as POSIX.1-2001 describes them (pax): a ustar header, and before it an extended one for what ustar has no room for.
 * https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html
 */

const tarBlockBytes = 512

/** ustar's type flags. */
export const tarTypes = {
  file: '0',
  hardLink: '1',
  symlink: '2',
  characterDevice: '3',
  blockDevice: '4',
  directory: '5',
  fifo: '6',
} as const

export interface TarEntry {
  readonly type: (typeof tarTypes)[keyof typeof tarTypes]
  /** raw bytes, relative; directories end in a slash */
  readonly path: Buffer
  /** raw bytes; of both kinds of links */
  readonly linkTarget?: Buffer
  /** the lower 12 bits of the mode */
  readonly permissions: number
  readonly uid: number
  readonly gid: number
  readonly user: string
  readonly group: string
  readonly sizeBytes: number
  readonly mtimeNs: bigint
  /** st_rdev; of devices only */
  readonly device: bigint
  readonly extendedAttributes: readonly { readonly name: Buffer; readonly value: Buffer }[]
}

/** Everything that comes before an entry's content. */
export function encodeTarHeader(entry: TarEntry): Buffer {
  const records = paxRecords(entry)
  const header = ustarHeader(entry, entry.type, entry.sizeBytes)
  if (records.length === 0) return header
  const content = Buffer.concat(records)
  const extended = ustarHeader({ ...entry, path: Buffer.from('PaxHeader'), mtimeNs: 0n }, 'x', content.length)
  return Buffer.concat([extended, content, tarPadding(content.length), header])
}

/** Zeros that fill up the last block of a content. */
export function tarPadding(sizeBytes: number): Buffer {
  return Buffer.alloc((tarBlockBytes - (sizeBytes % tarBlockBytes)) % tarBlockBytes)
}

/** What every archive ends with. */
export const tarEnd = Buffer.alloc(2 * tarBlockBytes)

const nanosecondsPerSecond = 1_000_000_000n
const pathFieldBytes = 100
const nameFieldBytes = 32
const largestSize = 8 ** 11 - 1
const largestId = 8 ** 7 - 1
const largestTimeNs = BigInt(largestSize) * nanosecondsPerSecond

function paxRecords(entry: TarEntry): Buffer[] {
  const records: Buffer[] = []
  const add = (key: string | Buffer, value: string | Buffer): void => void records.push(paxRecord(key, value))
  const { path, linkTarget, mtimeNs } = entry
  if (!isUtf8(path) || (linkTarget !== undefined && !isUtf8(linkTarget))) add('hdrcharset', 'BINARY')
  if (needsRecord(path)) add('path', path)
  if (linkTarget !== undefined && needsRecord(linkTarget)) add('linkpath', linkTarget)
  if (entry.sizeBytes > largestSize) add('size', String(entry.sizeBytes))
  if (entry.uid > largestId) add('uid', String(entry.uid))
  if (entry.gid > largestId) add('gid', String(entry.gid))
  if (needsRecord(Buffer.from(entry.user), nameFieldBytes)) add('uname', entry.user)
  if (needsRecord(Buffer.from(entry.group), nameFieldBytes)) add('gname', entry.group)
  const isPlainTime = mtimeNs >= 0n && mtimeNs <= largestTimeNs && mtimeNs % nanosecondsPerSecond === 0n
  if (!isPlainTime) add('mtime', decimalSeconds(mtimeNs))
  for (const { name, value } of entry.extendedAttributes)
    add(Buffer.concat([Buffer.from('SCHILY.xattr.'), name]), value)
  return records
}

function needsRecord(text: Buffer, fieldBytes = pathFieldBytes): boolean {
  return text.length > fieldBytes || text.some((byte) => byte > 0x7f)
}

/** "-1.5" for half a second before the second before 1970. */
function decimalSeconds(ns: bigint): string {
  const size = ns < 0n ? -ns : ns
  const fraction = String(size % nanosecondsPerSecond)
    .padStart(9, '0')
    .replace(/0+$/, '')
  return `${ns < 0n ? '-' : ''}${size / nanosecondsPerSecond}${fraction === '' ? '' : `.${fraction}`}`
}

/** "length key=value\n", where the length counts its own digits. */
function paxRecord(key: string | Buffer, value: string | Buffer): Buffer {
  const rest = Buffer.concat([
    Buffer.from(' '),
    Buffer.from(key),
    Buffer.from('='),
    Buffer.from(value),
    Buffer.from('\n'),
  ])
  let digits = String(rest.length).length
  if (String(rest.length + digits).length > digits) digits++
  return Buffer.concat([Buffer.from(String(rest.length + digits)), rest])
}

function ustarHeader(entry: TarEntry, type: string, sizeBytes: number): Buffer {
  const block = Buffer.alloc(tarBlockBytes)
  const seconds = Number(entry.mtimeNs / nanosecondsPerSecond)
  entry.path.copy(block, 0, 0, pathFieldBytes)
  writeOctal(block, 100, 8, entry.permissions)
  writeOctal(block, 108, 8, entry.uid > largestId ? 0 : entry.uid)
  writeOctal(block, 116, 8, entry.gid > largestId ? 0 : entry.gid)
  writeOctal(block, 124, 12, sizeBytes > largestSize ? 0 : sizeBytes)
  writeOctal(block, 136, 12, seconds < 0 || seconds > largestSize ? 0 : seconds)
  block.write(type, 156, 'latin1')
  entry.linkTarget?.copy(block, 157, 0, pathFieldBytes)
  block.write('ustar\x0000', 257, 'latin1')
  Buffer.from(entry.user).copy(block, 265, 0, nameFieldBytes - 1)
  Buffer.from(entry.group).copy(block, 297, 0, nameFieldBytes - 1)
  const { major, minor } = deviceNumbers(entry.device)
  writeOctal(block, 329, 8, major)
  writeOctal(block, 337, 8, minor)
  block.fill(' ', 148, 156)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return block
}

function writeOctal(block: Buffer, at: number, fieldBytes: number, value: number): void {
  block.write(`${value.toString(8).padStart(fieldBytes - 1, '0')}\0`, at, 'latin1')
}

/** Linux's layout of st_rdev (makedev(3)); what ustar cannot hold becomes 0. */
function deviceNumbers(device: bigint): { major: number; minor: number } {
  const major = Number(((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n))
  const minor = Number((device & 0xffn) | ((device >> 12n) & 0xffffff00n))
  return { major: major > largestId ? 0 : major, minor: minor > largestId ? 0 : minor }
}
