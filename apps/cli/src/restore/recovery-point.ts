import type { TargetPoint } from '@holdfast/connectors/postgresql/wal/recoverable-log'
import type { WalTime } from '@holdfast/connectors/postgresql/wal/wal-time'
import { isCalendarDay } from '@holdfast/core/units/calendar-day'
import { invalidArgument } from '../argument/option.ts'

const forms =
  "write a time such as '2026-11-20 14:29:59+09', or latest, backup, lsn:0/2000028, xid:1234, name:<restore point>"
const timeForm =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,6}))?)?)? ?(Z|UTC|[+-]\d{2}(?::?\d{2})?)?$/i

/** Reads what `--at` says. A time without a zone is local. Fails with ARGUMENT_INVALID. */
export function parseRecoveryPoint(text: string, label: string): TargetPoint {
  const given = text.trim()
  if (given === 'latest') return { type: 'latest' }
  if (given === 'backup') return { type: 'immediate' }
  const [, kind = '', value = ''] = /^(lsn|xid|name):(.+)$/s.exec(given) ?? []
  switch (kind) {
    case 'lsn':
      if (!/^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/i.test(value)) throw invalidArgument(label, text, forms)
      return { type: 'lsn', lsn: value.toUpperCase() }
    case 'xid':
      if (!/^\d{1,10}$/.test(value) || Number(value) > 0xffff_ffff) throw invalidArgument(label, text, forms)
      return { type: 'xid', xid: Number(value) }
    case 'name':
      return { type: 'name', name: value }
    default:
      return { type: 'time', at: readTime(given, text, label) }
  }
}

function readTime(given: string, text: string, label: string): WalTime {
  const match = timeForm.exec(given)
  if (match === null) throw invalidArgument(label, text, forms)
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', zone] = match
  const whole = `${year}-${month}-${day}T${hour}:${minute}:${second}`
  const instant = new Date(`${whole}${zone === undefined ? '' : normalZone(zone)}`)
  if (Number.isNaN(instant.getTime()) || !isCalendarDay(Number(year), Number(month), Number(day))) {
    throw invalidArgument(label, text, 'there is no such time')
  }
  return `${instant.toISOString().slice(0, 19)}.${fraction.padEnd(6, '0')}Z`
}

/** "+09" → "+09:00" */
function normalZone(zone: string): string {
  if (/^(?:z|utc)$/i.test(zone)) return 'Z'
  const digits = zone.slice(1).replace(':', '')
  return `${zone[0]}${digits.slice(0, 2)}:${digits.slice(2).padEnd(2, '0')}`
}
