import type { ManifestFields } from '../../manifest/manifest-fields.ts'
import { openMysqlManifest } from '../manifest/mysql-manifest.ts'
import {
  type DatabaseFingerprint,
  type DumpSelection,
  type LogicalFinding,
  logicalFindingCodes,
  type LogicalManifest,
} from './logical-manifest.ts'

/** Fails with BACKUP_MANIFEST_INVALID, naming the field, when it is damaged, of another kind, or of a newer format. */
export function parseLogicalManifest(bytes: Uint8Array): LogicalManifest {
  const { common, fields } = openMysqlManifest(bytes, 'logical')
  return {
    ...common,
    dumpTool: { version: fields.object('dumpTool').text('version') },
    selection: readSelection(fields.object('selection')),
    hasUsers: fields.boolean('hasUsers'),
    fingerprint: { databases: fields.object('fingerprint').list('databases').map(readDatabase) },
    findings: fields.list('findings').map(readFinding),
    warnings: fields.textList('warnings'),
  }
}

function readSelection(fields: ManifestFields): DumpSelection {
  return {
    databases: fields.textList('databases'),
    tables: fields.textList('tables'),
    excludeTables: fields.textList('excludeTables'),
  }
}

function readDatabase(fields: ManifestFields): DatabaseFingerprint {
  return {
    name: fields.text('name'),
    characterSet: fields.text('characterSet'),
    collation: fields.text('collation'),
    bytes: fields.integer('bytes'),
    tables: fields.list('tables').map((table) => {
      return { name: table.text('name'), engine: table.text('engine'), rows: table.text('rows') }
    }),
    views: fields.textList('views'),
    routines: fields.textList('routines'),
    triggers: fields.textList('triggers'),
    events: fields.textList('events'),
  }
}

function readFinding(fields: ManifestFields): LogicalFinding {
  return {
    code: fields.oneOf('code', logicalFindingCodes),
    message: fields.text('message'),
    hint: fields.text('hint'),
  }
}
