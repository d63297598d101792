import { AppError } from '@holdfast/core/errors/app-error'
import { formatPosition } from '../binlog/binlog-position.ts'
import type { LogStretch } from './binlog-chain.ts'

/** A place or a transaction that no log holds, with what they do hold: "binlog.000001:4 to binlog.000007:1200". */
export function placeUnknown(target: string, held: readonly Pick<LogStretch, 'from' | 'end'>[]): AppError {
  const log = [...new Set(held.map(({ from, end }) => `${formatPosition(from)} to ${formatPosition(end)}`))]
  return new AppError('MYSQL_PLACE_UNKNOWN', { target, log: log.length === 0 ? 'there is none' : log.join(', ') })
}
