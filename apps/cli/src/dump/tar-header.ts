import type { Node } from '@holdfast/repository/format/node'

/** Fields that a tar archive keeps of an entry. */
export interface TarEntry {
  /** raw bytes, relative, without a trailing slash */
  readonly path: Buffer
  readonly node: Node
  /** path of an earlier entry that is the same file */
  readonly linkedTo?: Buffer
}

export const tarBlockBytes = 512
const nsPerSecond = 1_000_000_000n
const largestOctal = 0o77777777777
const largestId = 0o7777777
const typeFlags: Readonly<Record<string, string>> = {
  file: '0',
  symlink: '2',
  chardev: '3',
  dev: '4',
  dir: '5',
  fifo: '6',
}

/**
 * The headers of one entry, in POSIX.1-2001 (pax) format, which keeps names of any bytes and length, times to the
 * nanosecond, large sizes and extended attributes (as GNU tar and bsdtar read them). Undefined for what tar cannot hold.
 */
export function tarHeaders({ path, node, linkedTo }: TarEntry): Buffer | undefined {
  const flag = linkedTo === undefined ? typeFlags[node.type] : '1'
  if (flag === undefined) return undefined
  const name = node.type === 'dir' ? Buffer.concat([path, Buffer.from('/')]) : path
  const target = linkedTo ?? node.linkTarget ?? Buffer.alloc(0)
  const sizeBytes = flag === '0' ? node.size : 0
  const records = paxRecords({ name, target, sizeBytes, node })
  const fields = { name, target, sizeBytes, flag, node }
  if (records.length === 0) return ustarHeader(fields)
  const pax = ustarHeader({
    ...fields,
    name: Buffer.from('PaxHeaders/entry'),
    target: Buffer.alloc(0),
    sizeBytes: records.length,
    flag: 'x',
  })
  return Buffer.concat([pax, records, tarPadding(records.length), ustarHeader(fields)])
}

/** Zeros that fill up the last block. */
export function tarPadding(sizeBytes: number): Buffer {
  return Buffer.alloc((tarBlockBytes - (sizeBytes % tarBlockBytes)) % tarBlockBytes)
}

interface HeaderFields {
  readonly name: Buffer
  readonly target: Buffer
  readonly sizeBytes: number
  readonly flag: string
  readonly node: Node
}

function ustarHeader({ name, target, sizeBytes, flag, node }: HeaderFields): Buffer {
  const header = Buffer.alloc(tarBlockBytes)
  const octal = (value: number, at: number, length: number) =>
    header.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1')
  name.copy(header, 0, 0, 100)
  octal(permissions(node), 100, 8)
  octal(node.uid > largestId ? 0 : node.uid, 108, 8)
  octal(node.gid > largestId ? 0 : node.gid, 116, 8)
  octal(sizeBytes > largestOctal ? 0 : sizeBytes, 124, 12)
  octal(ustarSeconds(node.mtimeNs), 136, 12)
  header.write(flag, 156, 'latin1')
  target.copy(header, 157, 0, 100)
  header.write('ustar\x0000', 257, 'latin1')
  Buffer.from(node.user).copy(header, 265, 0, 31)
  Buffer.from(node.group).copy(header, 297, 0, 31)
  octal(deviceMajor(node.device), 329, 8)
  octal(deviceMinor(node.device), 337, 8)
  header.fill(' ', 148, 156)
  const checksum = header.reduce((sum, byte) => sum + byte, 0)
  header.write(`${checksum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return header
}

/** What does not fit into the header proper. */
function paxRecords({ name, target, sizeBytes, node }: Omit<HeaderFields, 'flag'>): Buffer {
  const records: Buffer[] = []
  const add = (key: string, value: Buffer | string) => records.push(paxRecord(Buffer.from(key), Buffer.from(value)))
  if (name.length > 100) add('path', name)
  if (target.length > 100) add('linkpath', target)
  if (sizeBytes > largestOctal) add('size', String(sizeBytes))
  if (node.uid > largestId) add('uid', String(node.uid))
  if (node.gid > largestId) add('gid', String(node.gid))
  if (Buffer.byteLength(node.user) > 31) add('uname', node.user)
  if (Buffer.byteLength(node.group) > 31) add('gname', node.group)
  if (BigInt(ustarSeconds(node.mtimeNs)) * nsPerSecond !== node.mtimeNs) add('mtime', paxTime(node.mtimeNs))
  for (const { name: attribute, value } of node.extendedAttributes) {
    records.push(paxRecord(Buffer.concat([Buffer.from('SCHILY.xattr.'), attribute]), value))
  }
  return Buffer.concat(records)
}

/** "<length> <key>=<value>\n", where the length counts itself. */
function paxRecord(key: Buffer, value: Buffer): Buffer {
  const rest = key.length + value.length + 3
  let length = rest + String(rest).length
  if (rest + String(length).length !== length) length = rest + String(length).length
  return Buffer.concat([Buffer.from(`${length} `), key, Buffer.from('='), value, Buffer.from('\n')])
}

/** Decimal seconds with as many digits as are needed. */
function paxTime(ns: bigint): string {
  const sign = ns < 0n ? '-' : ''
  const size = ns < 0n ? -ns : ns
  const fraction = (size % nsPerSecond).toString().padStart(9, '0').replace(/0+$/, '')
  return `${sign}${size / nsPerSecond}${fraction === '' ? '' : `.${fraction}`}`
}

function ustarSeconds(ns: bigint): number {
  const seconds = Number(ns / nsPerSecond)
  return seconds < 0 || seconds > largestOctal ? 0 : seconds
}

/** rwx for all, and setuid, setgid and sticky, which Go keeps elsewhere. */
function permissions({ mode }: Node): number {
  const setuid = (mode & (2 ** 23)) === 0 ? 0 : 0o4000
  const setgid = (mode & (2 ** 22)) === 0 ? 0 : 0o2000
  const sticky = (mode & (2 ** 20)) === 0 ? 0 : 0o1000
  return (mode & 0o777) | setuid | setgid | sticky
}

/** Linux' encoding of st_rdev. */
function deviceMajor(device: bigint): number {
  return Number((device >> 8n) & 0xfffn)
}

function deviceMinor(device: bigint): number {
  return Number((device & 0xffn) | ((device >> 12n) & 0xfff00n)) & largestId
}
