import { ManifestFields } from '../../postgresql/backup/manifest-fields.ts'
import type { BinlogPosition } from '../binlog/binlog-position.ts'
import { readPosition, readServer } from '../logical/parse-logical-manifest.ts'
import type { MysqlServerFacts } from '../logical/logical-manifest.ts'

/** `manifest.json` of a physical backup: the files of the data directory lie beside it in "data". */
export interface PhysicalManifest {
  readonly formatVersion: 1
  readonly source: string
  readonly type: 'mysql'
  readonly method: 'physical'
  readonly tool: { readonly name: string; readonly version: string }
  /** mariadb-backup or xtrabackup; the same program of the same series prepares it */
  readonly backupTool: { readonly version: string }
  readonly server: MysqlServerFacts
  /** the server's clock, ISO 8601, UTC */
  readonly startedAt: string
  /** the state is that of a moment before this */
  readonly consistentAt: string
  readonly stoppedAt: string
  readonly position?: BinlogPosition
  readonly files: number
  readonly bytes: number
}

export function formatPhysicalManifest(manifest: PhysicalManifest): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(manifest, undefined, 2)}\n`)
}

/** Fails with BACKUP_MANIFEST_INVALID, naming the field. */
export function parsePhysicalManifest(bytes: Uint8Array): PhysicalManifest {
  const fields = ManifestFields.parse(bytes, 'manifest.json')
  const formatVersion = fields.integer('formatVersion')
  if (formatVersion !== 1) throw fields.invalid(`it has format version ${formatVersion}, and 1 is supported`)
  const tool = fields.object('tool')
  return {
    formatVersion,
    source: fields.text('source'),
    type: fields.oneOf('type', ['mysql']),
    method: fields.oneOf('method', ['physical']),
    tool: { name: tool.text('name'), version: tool.text('version') },
    backupTool: { version: fields.object('backupTool').text('version') },
    server: readServer(fields.object('server')),
    startedAt: fields.text('startedAt'),
    consistentAt: fields.text('consistentAt'),
    stoppedAt: fields.text('stoppedAt'),
    ...(fields.has('position') ? { position: readPosition(fields.object('position')) } : {}),
    files: fields.integer('files'),
    bytes: fields.integer('bytes'),
  }
}

/** Reads "binlog.000003⇥737⇥0-1-15", the content of xtrabackup_binlog_info. */
export function readBinlogInfo(text: string): BinlogPosition | undefined {
  const [file, position, gtid] = text.trim().split('\t')
  if (file === undefined || position === undefined || !/^\d+$/.test(position)) return undefined
  const known = gtid?.replaceAll(/\s/g, '') ?? ''
  return { file, position: Number(position), ...(known === '' ? {} : { gtid: known }) }
}
