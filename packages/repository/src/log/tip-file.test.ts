import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createMasterKey } from '../format/create-master-key.ts'
import { seal } from '../format/crypto.ts'
import { chainTips, type ListedTip } from './list-tips.ts'
import { logBytes, shopLog } from './log-fixture.ts'
import { newTipId, openTip, sealTip, type TipHeader, tipPrefix } from './tip-file.ts'

const key = createMasterKey()

function header(fields: Partial<TipHeader> = {}): TipHeader {
  const id = newTipId()
  const place = { folder: '0000000100000000', name: '0000000100000000000000A3', series: 'a', offset: 0 }
  return { id, ...place, sizeBytes: 0, ended: true, facts: {}, writtenAtMs: 1, ...fields }
}

describe('a tip', () => {
  test('comes back as it was sealed', async () => {
    const payload = logBytes(1, 100_000)
    const own = header({ sizeBytes: payload.length, facts: { lastCommitAt: '2026-11-20' } })
    const name = tipPrefix(key, shopLog) + own.id
    const tip = await openTip(key, name, await sealTip(key, own, payload))
    expect(tip.header).toEqual(own)
    expect(tip.payload.equals(payload)).toBe(true)
  })

  test('has a name that tells its log to the holder of the key only', () => {
    const prefix = tipPrefix(key, shopLog)
    expect(prefix).toMatch(/^[0-9a-f]{32}$/)
    expect(tipPrefix(key, shopLog)).toBe(prefix)
    expect(tipPrefix(key, { ...shopLog, source: 'office' })).not.toBe(prefix)
    expect(tipPrefix(key, { ...shopLog, kind: 'binlog' })).not.toBe(prefix)
    expect(tipPrefix(createMasterKey(), shopLog)).not.toBe(prefix)
  })

  test('that a store passes off as another is refused', async () => {
    const sealed = await sealTip(key, header(), new Uint8Array(0))
    await expect(openTip(key, tipPrefix(key, shopLog) + newTipId(), sealed)).rejects.toMatchObject({
      code: 'REPOSITORY_DAMAGED',
    })
  })

  test.each([
    ['altered', async () => Buffer.from(await sealTip(key, header(), new Uint8Array(0))).fill(7, 20, 21)],
    ['cut off', async () => (await sealTip(key, header(), new Uint8Array(0))).subarray(0, 40)],
    ['empty', async () => Buffer.alloc(0)],
    ['something else that was sealed', async () => seal(key, Buffer.from('{"nodes":[]}'))],
    ['not compressed', async () => seal(key, Buffer.from([2, 1, 2, 3]))],
    ['shorter than it says', async () => sealTip(key, header({ sizeBytes: 5 }), new Uint8Array(4))],
    ['to be written elsewhere', async () => sealTip(key, header({ name: '../../etc/passwd' }), new Uint8Array(0))],
  ])('that is %s is damage', async (_what, make) => {
    await expect(openTip(key, 'f'.repeat(64), await make())).rejects.toMatchObject({ code: 'REPOSITORY_DAMAGED' })
  })
})

describe('the parts of a growing file', () => {
  const part = (offset: number, sizeBytes: number, fields: Partial<TipHeader> = {}): ListedTip => {
    const own = header({ offset, sizeBytes, ended: false, ...fields })
    return { name: own.id.repeat(2), header: own }
  }

  test('follow each other up to the first that is missing', () => {
    const [chain] = chainTips([part(30, 10), part(0, 10), part(10, 15)])
    expect([chain?.sizeBytes, chain?.tips.length]).toEqual([25, 2])
  })

  test('of different writers are not mixed; the longest counts, or the one that has an end', () => {
    const mixed = [part(0, 10), part(10, 10, { series: 'b' }), part(0, 12, { series: 'c' })]
    expect(chainTips(mixed)[0]).toMatchObject({ sizeBytes: 12, ended: false })
    expect(chainTips([...mixed, part(0, 11, { series: 'd', ended: true })])[0]).toMatchObject({
      sizeBytes: 11,
      ended: true,
    })
  })

  test('that are replaced by a longer one do not count any more', () => {
    const [chain] = chainTips([part(0, 10), part(10, 10), part(0, 25, { facts: { newest: true } })])
    expect([chain?.sizeBytes, chain?.tips.length, chain?.facts]).toEqual([25, 1, { newest: true }])
  })

  test('without new bytes bring new facts', () => {
    const [chain] = chainTips([part(10, 0, { writtenAtMs: 3, facts: { until: 3 } }), part(0, 10, { writtenAtMs: 2 })])
    expect([chain?.sizeBytes, chain?.facts]).toEqual([10, { until: 3 }])
  })

  test('give the longest beginning that any order of them gives', () => {
    const parts = fc.array(fc.record({ offset: fc.nat(20), sizeBytes: fc.nat(10) }), { maxLength: 8 })
    fc.assert(
      fc.property(parts, (list) => {
        const covered = new Set(
          list.flatMap(({ offset, sizeBytes }) => Array.from({ length: sizeBytes }, (_, i) => offset + i)),
        )
        let expected = 0
        while (covered.has(expected)) expected++
        const [chain] = chainTips(list.map(({ offset, sizeBytes }) => part(offset, sizeBytes)))
        expect(chain?.sizeBytes ?? 0).toBe(expected)
      }),
    )
  })
})
