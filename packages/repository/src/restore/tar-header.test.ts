import { describe, expect, it } from 'vitest'
import { encodeTarHeader, type TarEntry } from './tar-header.ts'

const plain: TarEntry = {
  type: '0',
  path: Buffer.from('a/file'),
  permissions: 0o644,
  uid: 1000,
  gid: 1000,
  user: 'user',
  group: 'group',
  sizeBytes: 5,
  mtimeNs: 1_600_000_000_000_000_000n,
  device: 0n,
  extendedAttributes: [],
}

/** the records of the extended header: key to value, as byte text */
function records(entry: TarEntry): Map<string, string> {
  const header = encodeTarHeader(entry)
  const found = new Map<string, string>()
  if (header[156] !== 'x'.charCodeAt(0)) return found
  const size = Number.parseInt(header.toString('latin1', 124, 135), 8)
  for (let at = 512; at < 512 + size;) {
    const space = header.indexOf(' ', at)
    const length = Number(header.toString('latin1', at, space))
    const [, key = '', value = ''] = /^([^=]*)=([^]*)\n$/.exec(header.toString('latin1', space + 1, at + length)) ?? []
    found.set(key, value)
    at += length
  }
  return found
}

describe('a tar header', () => {
  it('is a single block when everything fits', () => {
    const header = encodeTarHeader(plain)
    expect(header).toHaveLength(512)
    expect(header.toString('latin1', 0, 6)).toBe('a/file')
    expect(header.toString('latin1', 257, 265)).toBe('ustar\x0000')
    const sum = Buffer.from(header)
      .fill(' ', 148, 156)
      .reduce((total, byte) => total + byte, 0)
    expect(Number.parseInt(header.toString('latin1', 148, 154), 8)).toBe(sum)
  })

  it('has records for what does not fit', () => {
    const found = records({
      ...plain,
      path: Buffer.from('p'.repeat(101)),
      sizeBytes: 8 ** 11,
      uid: 8 ** 7,
      gid: 4_294_967_294,
      user: 'ü',
      extendedAttributes: [{ name: Buffer.from('user.x'), value: Buffer.from('a=\n\0') }],
    })
    expect(Object.fromEntries(found)).toEqual({
      path: 'p'.repeat(101),
      size: '8589934592',
      uid: '2097152',
      gid: '4294967294',
      uname: Buffer.from('ü').toString('latin1'),
      'SCHILY.xattr.user.x': 'a=\n\0',
    })
  })

  it('says that names are raw bytes when they are not UTF-8', () => {
    const path = Buffer.from([0x61, 0xff])
    expect(Object.fromEntries(records({ ...plain, path }))).toEqual({ hdrcharset: 'BINARY', path: 'a\xff' })
  })

  it('writes fractions of seconds, and instants before 1970, as decimal numbers', () => {
    const mtime = (mtimeNs: bigint) => records({ ...plain, mtimeNs }).get('mtime')
    expect(mtime(1_500_000_000n)).toBe('1.5')
    expect(mtime(-1_500_000_000n)).toBe('-1.5')
    expect(mtime(-1n)).toBe('-0.000000001')
    expect(mtime(5_000_000_000n)).toBeUndefined()
  })

  it('counts the digits of a record length as part of it', () => {
    for (let length = 85; length < 110; length++) {
      const found = records({ ...plain, path: Buffer.from('é'.repeat(length)) })
      expect(found.get('path')).toHaveLength(length * 2)
    }
  })
})
