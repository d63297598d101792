import { expect, test } from 'vitest'
import { restoreOrderSchema } from './restore-order.ts'

const accepts = (at: string) =>
  restoreOrderSchema.safeParse({ source: 'shop', at, to: { type: 'directory', path: 'shop' } }).success

test.each(['latest', 'backup', '2024-02-29T12:00:00Z', '2026-11-20T14:29:59.5+09:00', 'lsn:0/2A', 'xid:7', 'name:x'])(
  '%s is a moment to go back to',
  (at) => expect(accepts(at)).toBe(true),
)

test.each(['2026-02-29T12:00:00Z', '2026-06-31T00:00:00+09:00', '2026-13-01T00:00:00Z', '2026-11-20T14:29:59'])(
  '%s is no moment, and is not taken for another',
  (at) => expect(accepts(at)).toBe(false),
)
