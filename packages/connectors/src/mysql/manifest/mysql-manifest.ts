import { type ManifestHead, openManifest } from '../../manifest/manifest-file.ts'
import type { ManifestFields } from '../../manifest/manifest-fields.ts'
import type { BinlogPosition } from '../binlog/binlog-position.ts'

/** What the manifests of both kinds of backup of MySQL or MariaDB say. */
export interface MysqlManifest<Method extends string> extends ManifestHead<'mysql', Method> {
  readonly server: MysqlServerFacts
  /** the server's clock, ISO 8601, UTC */
  readonly startedAt: string
  /** by then the state of the backup was fixed: what was committed later is not in it */
  readonly consistentAt: string
  readonly stoppedAt: string
  /** where the binary log goes on; absent when the server writes none */
  readonly position?: BinlogPosition
  readonly bytes: number
}

export interface MysqlServerFacts {
  readonly family: 'mariadb' | 'mysql'
  readonly version: string
  readonly versionNumber: number
  readonly serverId: number
  /** MySQL's server_uuid */
  readonly uuid?: string
  readonly binlogFormat?: string
  readonly binlogRowImage?: string
  readonly characterSet: string
  readonly collation: string
  readonly lowerCaseTableNames: number
  readonly sqlMode: string
}

/** Everything of a source lies under it. */
export function sourceFolder(source: string): string {
  return `mysql/${source}`
}

/** Fails with BACKUP_MANIFEST_INVALID, as `openManifest`. */
export function openMysqlManifest<Method extends string>(
  bytes: Uint8Array,
  method: Method,
): { readonly common: MysqlManifest<Method>; readonly fields: ManifestFields } {
  const { head, fields } = openManifest(bytes, 'mysql', [method])
  const common = {
    ...head,
    server: readServer(fields.object('server')),
    startedAt: fields.text('startedAt'),
    consistentAt: fields.text('consistentAt'),
    stoppedAt: fields.text('stoppedAt'),
    ...(fields.has('position') ? { position: readPosition(fields.object('position')) } : {}),
    bytes: fields.integer('bytes'),
  }
  return { common, fields }
}

function readServer(fields: ManifestFields): MysqlServerFacts {
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

function readPosition(fields: ManifestFields): BinlogPosition {
  const gtid = fields.optionalText('gtid')
  return { file: fields.text('file'), position: fields.integer('position'), ...(gtid === undefined ? {} : { gtid }) }
}
