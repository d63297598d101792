import { restoreOrderSchema } from '@holdfast/core/restore/restore-order'
import { expect, test } from 'vitest'
import type { ProofRecord } from '../catalogue/catalogue.ts'
import { estimateRestore } from './estimate-restore.ts'
import { digestOf, type RestorePlan } from './restore-plan.ts'
import { mysqlPoint, notAfter, restorePoint } from './restore-point.ts'

const order = restoreOrderSchema.parse({ source: 'shop', to: { type: 'directory', path: 'x' }, paths: ['/b', '/a'] })
const view: RestorePlan['view'] = {
  order,
  kind: 'files',
  snapshot: 'ab',
  snapshotTime: '2026-11-20T00:00:00.000Z',
  target: '/srv/x',
  files: 2,
  bytes: 10,
  logBytes: 0,
  freeBytes: 1000,
  overwrites: 0,
  warnings: [],
  role: 'operator',
}

test('a plan is the same as long as the same would be done', () => {
  const digest = digestOf(view)
  expect(digestOf({ ...view, freeBytes: 5, logBytes: 7, warnings: ['archived'] })).toBe(digest)
  expect(digestOf({ ...view, order: { ...order, paths: ['/a', '/b'] } })).toBe(digest)
  const { source, ...rest } = order
  expect(digestOf({ ...view, order: { ...rest, source } })).toBe(digest)
})

test.each<[string, Partial<RestorePlan['view']>]>([
  ['another snapshot', { snapshot: 'cd' }],
  ['another target', { target: '/srv/y' }],
  ['other files', { files: 3 }],
  ['more bytes', { bytes: 11 }],
  ['something is written over', { overwrites: 1 }],
  ['something has to be confirmed', { confirmation: 'shop' }],
  ['another moment', { state: '2026-11-20T00:00:00.000Z' }],
  ['other paths', { order: { ...order, paths: ['/a'] } }],
  ['another role', { role: 'admin' }],
])('it is another when %s', (_what, change) => {
  expect(digestOf({ ...view, ...change })).not.toBe(digestOf(view))
})

test('moments are read to the microsecond, in UTC', () => {
  expect(restorePoint('2026-11-20T14:29:59.5+09:00')).toEqual({ type: 'time', at: '2026-11-20T05:29:59.500000Z' })
  expect(restorePoint('2026-11-20T14:29:59.123456Z')).toEqual({ type: 'time', at: '2026-11-20T14:29:59.123456Z' })
  expect(restorePoint('lsn:0/2000028a')).toEqual({ type: 'lsn', lsn: '0/2000028A' })
  expect(restorePoint('name:before drop')).toEqual({ type: 'name', name: 'before drop' })
  expect(mysqlPoint('backup', 'shop')).toEqual({ type: 'backup' })
  expect(notAfter('2026-11-20T14:29:59Z', 'shop')).toEqual(new Date('2026-11-20T14:29:59Z'))
  expect(() => notAfter('xid:7', 'shop')).toThrow('no xid to go to')
  expect(() => mysqlPoint('lsn:0/1', 'shop')).toThrow('no lsn to go to')
})

test.each(['yesterday', '2026-11-20', '2026-11-20T14:29:59', 'lsn:x', 'xid:99999999999', "name:a'b", 'name:a\nb'])(
  '%j is no moment',
  (at) => {
    const given = { source: 'shop', at, to: { type: 'original' } }
    expect(restoreOrderSchema.safeParse(given).success).toBe(false)
  },
)

test('a restore takes as long as the slowest real one did, by size; else a rate is assumed', () => {
  const proof: ProofRecord = {
    ...{ id: 'p', source: 'shop', repository: 'local', snapshotId: 'ab', target: 'newest', checks: '[]' },
    ...{ endedAt: new Date(0), verdict: 'passed', bytes: 100, recoveryMs: 1000 },
  }
  const wanted = { bytes: 150, logBytes: 50 }
  const proofs = [proof, { ...proof, recoveryMs: 3000 }, { ...proof, verdict: 'failed' as const, recoveryMs: 9000 }]
  expect(estimateRestore(wanted, proofs)).toEqual({ estimatedMs: 6000, estimatedFrom: 'proofs' })
  const assumed = estimateRestore({ bytes: 1 << 30, logBytes: 0 }, [{ ...proof, bytes: 0 }])
  expect(assumed).toEqual({ estimatedMs: 10_240, estimatedFrom: 'assumption' })
})
