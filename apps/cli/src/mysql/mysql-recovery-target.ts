import type { MysqlRecoveryPoint } from '@holdfast/connectors/mysql/recovery/recovery-point'
import type { TargetPoint } from '@holdfast/connectors/postgresql/wal/recoverable-log'
import { AppError } from '@holdfast/core/errors/app-error'
import { invalidArgument } from '../argument/option.ts'

/** What `--at` and `--at-log` mean together. Fails with ARGUMENT_INVALID, OPTIONS_CONFLICT. */
export function mysqlRecoveryPoint(at: TargetPoint | undefined, atLog: string | undefined): MysqlRecoveryPoint {
  if (atLog !== undefined) {
    if (at !== undefined) throw new AppError('OPTIONS_CONFLICT', { first: '--at', second: '--at-log' })
    return readLogPlace(atLog)
  }
  switch (at?.type) {
    case undefined:
    case 'latest':
      return { type: 'latest' }
    case 'immediate':
      return { type: 'backup' }
    case 'time':
      return { type: 'time', at: at.at }
    default:
      throw invalidArgument(
        '--at',
        at?.type ?? '',
        'for MySQL give a time, latest or backup; places in the log go to --at-log',
      )
  }
}

function readLogPlace(text: string): MysqlRecoveryPoint {
  const [, file, position] = /^([^:/]+\.\d+):(\d{1,15})$/.exec(text) ?? []
  if (file !== undefined) return { type: 'position', file, position: Number(position) }
  if (/^\d+-\d+-\d+$/.test(text) || /^[0-9a-f-]{36}:\d+$/i.test(text)) return { type: 'gtid', gtid: text }
  throw invalidArgument('--at-log', text, 'write <file>:<position>, or a GTID such as 0-1-77')
}
