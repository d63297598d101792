import { openManifest } from '../../manifest/manifest-file.ts'
import type { ManifestFields } from '../../manifest/manifest-fields.ts'
import type {
  DatabaseFingerprint,
  DatabaseGrant,
  DumpSelection,
  LogicalManifest,
  SequenceFingerprint,
  TableFingerprint,
} from './logical-manifest.ts'

/** Fails with BACKUP_MANIFEST_INVALID, naming the field, when it is damaged, of another kind, or of a newer format. */
export function parseLogicalManifest(bytes: Uint8Array): LogicalManifest {
  const { head, fields } = openManifest(bytes, 'postgresql', ['logical'])
  const server = fields.object('server')
  const dumpTool = fields.object('dumpTool')
  return {
    ...head,
    dumpTool: { version: dumpTool.text('version'), major: dumpTool.integer('major') },
    server: {
      version: server.text('version'),
      versionNumber: server.integer('versionNumber'),
      inRecovery: server.boolean('inRecovery'),
    },
    startedAt: fields.text('startedAt'),
    stoppedAt: fields.text('stoppedAt'),
    selection: parseSelection(fields.object('selection')),
    hasRolePasswords: fields.boolean('hasRolePasswords'),
    fingerprint: { databases: fields.object('fingerprint').list('databases').map(parseDatabase) },
    warnings: fields.textList('warnings'),
    bytes: fields.integer('bytes'),
  }
}

function parseSelection(fields: ManifestFields): DumpSelection {
  return {
    databases: fields.textList('databases'),
    schemas: fields.textList('schemas'),
    tables: fields.textList('tables'),
    excludeTables: fields.textList('excludeTables'),
  }
}

function parseDatabase(fields: ManifestFields): DatabaseFingerprint {
  const [locale, icuRules, comment] = ['locale', 'icuRules', 'comment'].map((name) => fields.optionalText(name))
  return {
    name: fields.text('name'),
    owner: fields.text('owner'),
    encoding: fields.text('encoding'),
    collation: fields.text('collation'),
    characterType: fields.text('characterType'),
    localeProvider: fields.text('localeProvider'),
    ...(locale === undefined ? {} : { locale }),
    ...(icuRules === undefined ? {} : { icuRules }),
    tablespace: fields.text('tablespace'),
    connectionLimit: fields.integer('connectionLimit', -2),
    ...(comment === undefined ? {} : { comment }),
    settings: fields.list('settings').map((one) => ({ ...roleOf(one), setting: one.text('setting') })),
    ...(fields.has('grants') ? { grants: fields.list('grants').map(parseGrant) } : {}),
    bytes: fields.integer('bytes'),
    tables: fields.list('tables').map(parseTable),
    sequences: fields.list('sequences').map(parseSequence),
    largeObjects: fields.integer('largeObjects'),
    extensions: fields.list('extensions').map((one) => ({ name: one.text('name'), version: one.text('version') })),
    schemas: fields.textList('schemas'),
  }
}

function parseGrant(fields: ManifestFields): DatabaseGrant {
  const privilege = fields.oneOf('privilege', ['CREATE', 'CONNECT', 'TEMPORARY'])
  return { ...roleOf(fields), privilege, isGrantable: fields.boolean('isGrantable') }
}

function parseTable(fields: ManifestFields): TableFingerprint {
  const place = { schema: fields.text('schema'), name: fields.text('name'), rows: numberText(fields, 'rows') }
  return fields.has('checksum') ? { ...place, checksum: numberText(fields, 'checksum') } : place
}

function parseSequence(fields: ManifestFields): SequenceFingerprint {
  return {
    schema: fields.text('schema'),
    name: fields.text('name'),
    value: numberText(fields, 'value'),
    isCalled: fields.boolean('isCalled'),
  }
}

function roleOf(fields: ManifestFields): { role?: string } {
  const role = fields.optionalText('role')
  return role === undefined ? {} : { role }
}

function numberText(fields: ManifestFields, name: string): string {
  const text = fields.text(name)
  if (!/^-?\d{1,40}$/.test(text)) throw fields.invalid(`${name} is not a number as text`)
  return text
}
