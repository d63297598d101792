import { describe, expect, it } from 'vitest'
import { formatManifest } from '../../manifest/manifest-file.ts'
import type { BackupManifest } from './backup-manifest.ts'
import { parseBackupManifest } from './parse-backup-manifest.ts'

const manifest: BackupManifest = {
  formatVersion: 1,
  source: 'shop',
  type: 'postgresql',
  method: 'physical',
  label: 'nightly',
  tool: { name: 'holdfast', version: '0.1.0' },
  server: {
    version: '15.18',
    versionNumber: 150_018,
    systemIdentifier: '7710499776411214129',
    dataChecksums: true,
    walSegmentBytes: 16_777_216,
    blockBytes: 8192,
    relationSegmentBlocks: 131_072,
  },
  superuser: 'postgres',
  timeline: 1,
  startLsn: '0/3000028',
  stopLsn: '0/3000100',
  startedAt: '2026-11-21T05:57:09.131452Z',
  stoppedAt: '2026-11-21T05:57:10.104983Z',
  fromStandby: false,
  tablespaces: [{ oid: 16_384, path: '/disk', sizeBytes: 45_056 }],
  settings: { max_connections: '100' },
  databases: [
    { name: 'shop', oid: 5, sizeBytes: 7 },
    { name: 'closed', oid: 6 },
  ],
  extensions: [{ database: 'shop', name: 'plpgsql', version: '1.0' }],
  collations: [{ database: 'shop', collation: 'en_US.UTF-8', provider: 'libc', version: '2.36' }],
  files: 972,
  bytes: 53_953_544,
  findings: [{ path: 'postgresql/shop/data/base/5/1', block: 7, relation: 'shop.public.t', message: 'damaged' }],
  pagesChecked: 4530,
  pagesBad: 1,
}

const bytesOf = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))
const invalid = expect.objectContaining({ code: 'BACKUP_MANIFEST_INVALID' })

describe('manifest.json', () => {
  it('comes back as it was written, and does without what a later version may add', () => {
    expect(parseBackupManifest(formatManifest(manifest))).toEqual(manifest)
    expect(parseBackupManifest(bytesOf({ ...manifest, later: [1, 2] }))).toEqual(manifest)
  })

  it.each(Object.keys(manifest).filter((name) => name !== 'pagesChecked'))('is refused without %s', (name) => {
    expect(() => parseBackupManifest(bytesOf({ ...manifest, [name]: undefined }))).toThrow(invalid)
    expect(() => parseBackupManifest(bytesOf({ ...manifest, [name]: -1.5 }))).toThrow(invalid)
  })

  it.each([
    { formatVersion: 2 },
    { type: 'mysql' },
    { startLsn: '../../etc' },
    { startedAt: 'yesterday' },
    { timeline: 0 },
    { settings: { max_connections: 100 } },
    { server: { ...manifest.server, systemIdentifier: '1; rm' } },
    { server: { ...manifest.server, walSegmentBytes: 3_000_000 } },
    { tablespaces: [{ oid: '../x', path: '/disk', sizeBytes: 1 }] },
    { findings: [null] },
  ])('is refused with %j', (change) => {
    expect(() => parseBackupManifest(bytesOf({ ...manifest, ...change }))).toThrow(invalid)
  })

  it.each(['', 'null', '[]', '{', '"text"'])('is refused when it is %j', (text) => {
    expect(() => parseBackupManifest(new TextEncoder().encode(text))).toThrow(invalid)
  })
})
