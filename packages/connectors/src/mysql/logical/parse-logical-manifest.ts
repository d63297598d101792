import { ManifestFields } from '../../postgresql/backup/manifest-fields.ts'
import type { BinlogPosition } from '../binlog/binlog-position.ts'
import type {
  DatabaseFingerprint,
  DumpSelection,
  LogicalFinding,
  LogicalManifest,
  MysqlServerFacts,
} from './logical-manifest.ts'

/** Fails with BACKUP_MANIFEST_INVALID, naming the field, when it is damaged, of another kind, or of a newer format. */
export function parseLogicalManifest(bytes: Uint8Array): LogicalManifest {
  const fields = ManifestFields.parse(bytes, 'manifest.json')
  const formatVersion = fields.integer('formatVersion')
  if (formatVersion !== 1) throw fields.invalid(`it has format version ${formatVersion}, and 1 is supported`)
  const tool = fields.object('tool')
  return {
    formatVersion,
    source: fields.text('source'),
    type: fields.oneOf('type', ['mysql']),
    method: fields.oneOf('method', ['logical']),
    tool: { name: tool.text('name'), version: tool.text('version') },
    dumpTool: { version: fields.object('dumpTool').text('version') },
    server: readServer(fields.object('server')),
    startedAt: fields.text('startedAt'),
    consistentAt: fields.text('consistentAt'),
    stoppedAt: fields.text('stoppedAt'),
    ...(fields.has('position') ? { position: readPosition(fields.object('position')) } : {}),
    selection: readSelection(fields.object('selection')),
    hasUsers: fields.boolean('hasUsers'),
    fingerprint: { databases: fields.object('fingerprint').list('databases').map(readDatabase) },
    findings: fields.list('findings').map(readFinding),
    warnings: fields.textList('warnings'),
    bytes: fields.integer('bytes'),
  }
}

export function readServer(fields: ManifestFields): MysqlServerFacts {
  const optional = (name: 'uuid' | 'binlogFormat' | 'binlogRowImage') => {
    const value = fields.optionalText(name)
    return value === undefined ? {} : { [name]: value }
  }
  return {
    family: fields.oneOf('family', ['mariadb', 'mysql']),
    version: fields.text('version'),
    versionNumber: fields.integer('versionNumber'),
    serverId: fields.integer('serverId'),
    ...optional('uuid'),
    ...optional('binlogFormat'),
    ...optional('binlogRowImage'),
    characterSet: fields.text('characterSet'),
    collation: fields.text('collation'),
    lowerCaseTableNames: fields.integer('lowerCaseTableNames'),
    sqlMode: fields.text('sqlMode'),
  }
}

export function readPosition(fields: ManifestFields): BinlogPosition {
  const gtid = fields.optionalText('gtid')
  return { file: fields.text('file'), position: fields.integer('position'), ...(gtid === undefined ? {} : { gtid }) }
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
    code: fields.oneOf('code', ['MYSQL_TABLES_NOT_TRANSACTIONAL', 'MYSQL_BINLOG_FORMAT_UNSAFE']),
    message: fields.text('message'),
    hint: fields.text('hint'),
  }
}
