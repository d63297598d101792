import type { MysqlRecoveryPoint } from '@holdfast/connectors/mysql/recovery/recovery-point'
import type { TargetPoint } from '@holdfast/connectors/postgresql/wal/recoverable-log'
import { AppError } from '@holdfast/core/errors/app-error'

/** What `at` of an order says; its form has been checked. */
export function restorePoint(at: string): TargetPoint {
  if (at === 'latest') return { type: 'latest' }
  if (at === 'backup') return { type: 'immediate' }
  if (at.startsWith('lsn:')) return { type: 'lsn', lsn: at.slice(4).toUpperCase() }
  if (at.startsWith('xid:')) return { type: 'xid', xid: Number(at.slice(4)) }
  if (at.startsWith('name:')) return { type: 'name', name: at.slice(5) }
  return { type: 'time', at: toMicroseconds(at) }
}

/** "2026-11-20T14:29:59.5+09:00" → "2026-11-20T05:29:59.500000Z" */
export function toMicroseconds(instant: string): string {
  const fraction = /\.(\d{1,6})/.exec(instant)?.[1] ?? ''
  return `${new Date(instant).toISOString().slice(0, 19)}.${fraction.padEnd(6, '0')}Z`
}

/** The newest snapshot that is wanted; undefined: the newest of all. Fails with RESTORE_UNSUITABLE. */
export function notAfter(at: string, source: string): Date | undefined {
  const point = restorePoint(at)
  if (point.type === 'latest' || point.type === 'immediate') return undefined
  if (point.type === 'time') return new Date(at)
  throw noSuchPoint(at, source)
}

/** Fails with RESTORE_UNSUITABLE. */
export function mysqlPoint(at: string, source: string): MysqlRecoveryPoint {
  const point = restorePoint(at)
  if (point.type === 'latest') return { type: 'latest' }
  if (point.type === 'immediate') return { type: 'backup' }
  if (point.type === 'time') return { type: 'time', at: point.at }
  throw noSuchPoint(at, source)
}

function noSuchPoint(at: string, source: string): AppError {
  const advice = 'Give latest, backup or an instant.'
  return new AppError('RESTORE_UNSUITABLE', { source, reason: `it has no ${at.split(':')[0]} to go to`, advice })
}
