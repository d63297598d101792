import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { PostgresConnection } from '../../connection/connection.ts'
import { quoteLiteral } from '../../connection/quote.ts'
import { type Lsn, parseLsn } from '../../wal/lsn.ts'
import type { PhysicalBackupOptions } from '../physical-backup.ts'
import { sqlRow } from '../sql-rows.ts'

export interface BackupModeEnd {
  readonly stopLsn: Lsn
  readonly timeline: number
  /** contents of backup_label and tablespace_map; the latter is empty without tablespaces */
  readonly label: string
  readonly tablespaceMap: string
}

/**
 * Puts the server into backup mode until `stopBackupMode`, or the session's end, which abandons it. Returns where recovery
 * will begin. Source: PostgreSQL documentation, "Making a Base Backup Using the Low Level API".
 */
export async function startBackupMode(
  session: PostgresConnection,
  { label, checkpoint }: Pick<PhysicalBackupOptions, 'label' | 'checkpoint'>,
  ctx: Context,
): Promise<Lsn> {
  const name = quoteLiteral(label.replaceAll(/[\0\r\n]/g, ' '))
  const fast = checkpoint === 'fast'
  const call =
    session.versionNumber >= 150_000 ? `pg_backup_start(${name}, ${fast})` : `pg_start_backup(${name}, ${fast}, false)`
  return position(session, (await sqlRow(session, `SELECT ${call} AS lsn`, ctx))('lsn'))
}

/** Does not wait for the server's archiving: the backup takes the WAL it needs itself. */
export async function stopBackupMode(session: PostgresConnection, ctx: Context): Promise<BackupModeEnd> {
  const call = session.versionNumber >= 150_000 ? 'pg_backup_stop(false)' : 'pg_stop_backup(false, false)'
  const row = await sqlRow(session, `SELECT lsn, labelfile, spcmapfile FROM ${call}`, ctx)
  const label = row('labelfile') ?? ''
  const timeline = Number(/^START TIMELINE: (\d+)$/m.exec(label)?.[1])
  if (!(timeline > 0)) throw broken(session, 'backup_label names no timeline')
  return { stopLsn: position(session, row('lsn')), timeline, label, tablespaceMap: row('spcmapfile') ?? '' }
}

function position(session: PostgresConnection, text: string | null): Lsn {
  const lsn = parseLsn(text ?? '')
  if (lsn === undefined) throw broken(session, 'the server gave a position that is none')
  return lsn
}

function broken(session: PostgresConnection, reason: string): AppError {
  return new AppError('POSTGRES_BACKUP_INCOMPLETE', { host: session.host, reason })
}
