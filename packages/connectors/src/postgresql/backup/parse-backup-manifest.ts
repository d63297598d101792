import { openManifest } from '../../manifest/manifest-file.ts'
import type { ManifestFields } from '../../manifest/manifest-fields.ts'
import { parseLsn } from '../wal/lsn.ts'
import type {
  BackupFinding,
  BackupManifest,
  CollationFacts,
  DatabaseFacts,
  ExtensionFacts,
  ServerFacts,
  TablespaceFacts,
} from './backup-manifest.ts'

/**
 * Reads `manifest.json`. Fields that are not known are left out; those that are must have their shape. Fails with
 * BACKUP_MANIFEST_INVALID, naming the field, when it is damaged, of another source type, or of a newer format.
 */
export function parseBackupManifest(bytes: Uint8Array): BackupManifest {
  const { head, fields } = openManifest(bytes, 'postgresql', ['physical', 'direct'])
  const pagesChecked = fields.optionalInteger('pagesChecked')
  return {
    ...head,
    label: fields.text('label'),
    server: parseServer(fields.object('server')),
    timeline: fields.integer('timeline', 1, 0xffff_ffff),
    startLsn: lsn(fields, 'startLsn'),
    stopLsn: lsn(fields, 'stopLsn'),
    startedAt: instant(fields, 'startedAt'),
    stoppedAt: instant(fields, 'stoppedAt'),
    fromStandby: fields.boolean('fromStandby'),
    tablespaces: fields.list('tablespaces').map(parseTablespace),
    settings: fields.texts('settings'),
    databases: fields.list('databases').map(parseDatabase),
    superuser: fields.text('superuser'),
    extensions: fields.list('extensions').map(parseExtension),
    collations: fields.list('collations').map(parseCollation),
    files: fields.integer('files'),
    bytes: fields.integer('bytes'),
    findings: fields.list('findings').map(parseFinding),
    ...(pagesChecked === undefined ? {} : { pagesChecked }),
    pagesBad: fields.integer('pagesBad'),
  }
}

function parseServer(fields: ManifestFields): ServerFacts {
  const systemIdentifier = fields.text('systemIdentifier')
  if (!/^\d{1,20}$/.test(systemIdentifier)) throw fields.invalid('systemIdentifier is not a number as text')
  return {
    version: fields.text('version'),
    versionNumber: fields.integer('versionNumber'),
    systemIdentifier,
    dataChecksums: fields.boolean('dataChecksums'),
    walSegmentBytes: powerOfTwo(fields, 'walSegmentBytes', 1 << 20, 1 << 30),
    blockBytes: powerOfTwo(fields, 'blockBytes', 1 << 10, 1 << 15),
    relationSegmentBlocks: fields.integer('relationSegmentBlocks', 1),
  }
}

function parseTablespace(fields: ManifestFields): TablespaceFacts {
  const sizeBytes = fields.integer('sizeBytes')
  return { oid: fields.integer('oid', 1, 0xffff_ffff), path: fields.text('path'), sizeBytes }
}

function parseDatabase(fields: ManifestFields): DatabaseFacts {
  const sizeBytes = fields.optionalInteger('sizeBytes')
  const oid = fields.integer('oid', 1, 0xffff_ffff)
  return { name: fields.text('name'), oid, ...(sizeBytes === undefined ? {} : { sizeBytes }) }
}

function parseExtension(fields: ManifestFields): ExtensionFacts {
  return { database: fields.text('database'), name: fields.text('name'), version: fields.text('version') }
}

function parseCollation(fields: ManifestFields): CollationFacts {
  const version = fields.optionalText('version')
  return {
    database: fields.text('database'),
    collation: fields.text('collation'),
    provider: fields.text('provider'),
    ...(version === undefined ? {} : { version }),
  }
}

function parseFinding(fields: ManifestFields): BackupFinding {
  const block = fields.optionalInteger('block')
  const relation = fields.optionalText('relation')
  return {
    path: fields.text('path'),
    ...(block === undefined ? {} : { block }),
    ...(relation === undefined ? {} : { relation }),
    message: fields.text('message'),
  }
}

function lsn(fields: ManifestFields, name: string): string {
  const text = fields.text(name)
  if (parseLsn(text) === undefined) throw fields.invalid(`${name} is not a position in the WAL`)
  return text
}

function instant(fields: ManifestFields, name: string): string {
  const text = fields.text(name)
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text) || Number.isNaN(Date.parse(text)))
    throw fields.invalid(`${name} is not an instant in UTC`)
  return text
}

function powerOfTwo(fields: ManifestFields, name: string, least: number, most: number): number {
  const value = fields.integer(name, least, most)
  if ((value & (value - 1)) !== 0) throw fields.invalid(`${name} is not a power of two`)
  return value
}
