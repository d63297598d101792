import { describe, expect, it } from 'vitest'
import { parseRecoveryPoint } from './recovery-point.ts'

const at = (text: string) => parseRecoveryPoint(text, '--at')

describe('parseRecoveryPoint', () => {
  it.each([
    ['2026-11-20 14:29:59+09', '2026-11-20T05:29:59.000000Z'],
    ['2026-11-20T14:29:59.123456Z', '2026-11-20T14:29:59.123456Z'],
    ['2026-11-20 14:29:59.5 -0330', '2026-11-20T17:59:59.500000Z'],
    ['2026-11-20 14:29 UTC', '2026-11-20T14:29:00.000000Z'],
    ['2024-02-29Z', '2024-02-29T00:00:00.000000Z'],
  ])('reads %j to the microsecond', (text, time) => {
    expect(at(text)).toEqual({ type: 'time', at: time })
  })

  it('takes a time without zone as local', () => {
    const local = new Date(2026, 10, 20, 14, 29, 59)
    expect(at('2026-11-20 14:29:59')).toEqual({ type: 'time', at: local.toISOString().replace('.000Z', '.000000Z') })
  })

  it('reads positions, transactions, names and the ends', () => {
    expect(at('latest')).toEqual({ type: 'latest' })
    expect(at('backup')).toEqual({ type: 'immediate' })
    expect(at('lsn:0/2000a28')).toEqual({ type: 'lsn', lsn: '0/2000A28' })
    expect(at('xid:4294967295')).toEqual({ type: 'xid', xid: 4_294_967_295 })
    expect(at('name:before: the upgrade')).toEqual({ type: 'name', name: 'before: the upgrade' })
  })

  it.each(['', 'yesterday', '2026-02-30', '2026-11-20 25:00', 'lsn:2000028', 'xid:-1', 'xid:4294967296', 'name:'])(
    'refuses %j and shows the forms',
    (text) => {
      expect(() => at(text)).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
    },
  )
})
