import type { BinlogPosition } from '../binlog/binlog-position.ts'
import { type MysqlManifest, openMysqlManifest } from '../manifest/mysql-manifest.ts'

/** `manifest.json` of a physical backup: the files of the data directory lie beside it in "data". */
export interface PhysicalManifest extends MysqlManifest<'physical'> {
  /** mariadb-backup or xtrabackup; the same program of the same series prepares it */
  readonly backupTool: { readonly version: string }
  readonly files: number
}

/** Fails with BACKUP_MANIFEST_INVALID, naming the field. */
export function parsePhysicalManifest(bytes: Uint8Array): PhysicalManifest {
  const { common, fields } = openMysqlManifest(bytes, 'physical')
  return {
    ...common,
    backupTool: { version: fields.object('backupTool').text('version') },
    files: fields.integer('files'),
  }
}

/** Reads "binlog.000003⇥737⇥0-1-15", the content of xtrabackup_binlog_info. */
export function readBinlogInfo(text: string): BinlogPosition | undefined {
  const [file, position, gtid] = text.trim().split('\t')
  if (file === undefined || position === undefined || !/^\d+$/.test(position)) return undefined
  const known = gtid?.replaceAll(/\s/g, '') ?? ''
  return { file, position: Number(position), ...(known === '' ? {} : { gtid: known }) }
}
