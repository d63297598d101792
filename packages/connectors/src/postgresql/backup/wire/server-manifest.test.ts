import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { compareWithManifest, parseServerManifest } from './server-manifest.ts'

const files = [
  '{ "Path": "PG_VERSION", "Size": 3, "Last-Modified": "2026-11-21 05:57:09 GMT", "Checksum-Algorithm": "CRC32C", "Checksum": "04030201" }',
  '{ "Encoded-Path": "ff", "Size": 0, "Last-Modified": "2026-11-21 05:57:09 GMT" }',
]

function manifestOf(lines: readonly string[], { version = '1', extra = '' } = {}): Buffer {
  const body = `{ "PostgreSQL-Backup-Manifest-Version": ${version},\n${extra}"Files": [\n${lines.join(',\n')}\n],\n"WAL-Ranges": [\n],\n`
  const sum = createHash('sha256').update(body).digest('hex')
  return Buffer.from(`${body}"Manifest-Checksum": "${sum}"}\n`)
}

const code = 'BACKUP_MANIFEST_INVALID'
const received = new Map([
  ['PG_VERSION', { sizeBytes: 3, crc: 0x0102_0304 }],
  ['hex:ff', { sizeBytes: 0, crc: 0 }],
  ['pg_wal/000000010000000000000001', { sizeBytes: 5, crc: 1 }],
])

describe('the server’s manifest', () => {
  it('gives sizes and checksums, whose bytes are in the order of the server’s memory', () => {
    const manifest = parseServerManifest(manifestOf(files))
    expect([...manifest.files]).toEqual([
      ['PG_VERSION', { sizeBytes: 3, crc: 0x0102_0304 }],
      ['hex:ff', { sizeBytes: 0 }],
    ])
    expect(compareWithManifest(manifest, received)).toBeUndefined()
  })

  it('gives the identifier of the cluster from version 2 on, with all its 64 bits', () => {
    const extra = '"System-Identifier": 7710499776411214129,\n'
    const manifest = parseServerManifest(manifestOf(files, { version: '2', extra }))
    expect(manifest.systemIdentifier).toBe('7710499776411214129')
  })

  it('is refused when a byte of it was altered, when it is cut, or of an unknown version', () => {
    const bytes = manifestOf(files)
    const altered = Buffer.from(bytes.toString().replace('"Size": 3', '"Size": 4'))
    expect(() => parseServerManifest(altered)).toThrow(expect.objectContaining({ code }))
    for (let length = 0; length < bytes.length - 2; length += 7) {
      expect(() => parseServerManifest(bytes.subarray(0, length))).toThrow(expect.objectContaining({ code }))
    }
    expect(() => parseServerManifest(manifestOf(files, { version: '3' }))).toThrow(expect.objectContaining({ code }))
    const twice = manifestOf([files[0] ?? '', files[0] ?? ''])
    expect(() => parseServerManifest(twice)).toThrow(expect.objectContaining({ code }))
  })

  it('shows a file that is missing, too many, of another size or of other content', () => {
    const manifest = parseServerManifest(manifestOf(files))
    const changed = (path: string, file: { sizeBytes: number; crc: number } | undefined): string | undefined => {
      const map = new Map(received)
      if (file === undefined) map.delete(path)
      else map.set(path, file)
      return compareWithManifest(manifest, map)
    }
    expect(changed('PG_VERSION', undefined)).toContain('did not come')
    expect(changed('PG_VERSION', { sizeBytes: 4, crc: 0x0102_0304 })).toContain('has 4 bytes, and 3')
    expect(changed('PG_VERSION', { sizeBytes: 3, crc: 0 })).toContain('checksum differs')
    expect(changed('base/1/1', { sizeBytes: 3, crc: 0 })).toContain('is not in the server')
  })
})
