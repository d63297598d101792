import { describe, expect, it } from 'vitest'
import { chooseStart, type ServerPosition } from './choose-start.ts'

const segment = 16 << 20
const at = (segments: number, offset = 0): bigint => BigInt(segments * segment + offset)
const server = (overrides: Partial<ServerPosition>): ServerPosition => {
  return { timeline: 1, lsn: at(10, 500), history: undefined, slotLsn: undefined, ...overrides }
}
/** timeline 1 ended in mid-segment 5, timeline 2 in mid-segment 8 */
const history = {
  timeline: 3,
  ancestors: [
    { timeline: 1, endLsn: at(5, 100), reason: '' },
    { timeline: 2, endLsn: at(8, 100), reason: '' },
  ],
}

describe('where to begin streaming', () => {
  it('is the start of the segment that the slot keeps when there is no log yet', () => {
    expect(chooseStart(server({ slotLsn: at(7, 40) }), undefined, segment)).toEqual({
      type: 'start',
      at: { timeline: 1, lsn: at(7) },
    })
    expect(chooseStart(server({}), undefined, segment)).toEqual({ type: 'start', at: { timeline: 1, lsn: at(10) } })
  })

  it('is on the timeline whose file holds the first segment', () => {
    const fresh = (slotLsn: bigint) => chooseStart(server({ timeline: 3, history, slotLsn }), undefined, segment)
    expect(fresh(at(4, 40))).toEqual({ type: 'start', at: { timeline: 1, lsn: at(4) } })
    expect(fresh(at(5, 40))).toEqual({ type: 'start', at: { timeline: 2, lsn: at(5) } })
    expect(fresh(at(10, 40))).toEqual({ type: 'start', at: { timeline: 3, lsn: at(10) } })
  })

  it('is the start of the segment in which the log ends', () => {
    const choice = chooseStart(server({}), { timeline: 1, lsn: at(6, 12) }, segment)
    expect(choice).toEqual({ type: 'start', at: { timeline: 1, lsn: at(6) } })
  })

  it('is on the old timeline when the new server goes on from there', () => {
    for (const lsn of [at(3), at(5, 100), at(5, 5000)]) {
      const choice = chooseStart(server({ timeline: 3, history }), { timeline: 1, lsn }, segment)
      expect(choice).toEqual({ type: 'start', at: { timeline: 1, lsn: lsn - (lsn % BigInt(segment)) } })
    }
  })

  it('is where the new timeline branched off when the log goes beyond that', () => {
    const choice = chooseStart(server({ timeline: 3, history }), { timeline: 1, lsn: at(6) }, segment)
    expect(choice).toEqual({ type: 'start', at: { timeline: 2, lsn: at(5) }, cause: 'forked' })
  })

  it('is a new one when the server came another way', () => {
    const choice = chooseStart(server({ timeline: 3, history, slotLsn: at(9) }), { timeline: 2, lsn: at(6) }, segment)
    expect(choice).toMatchObject({ type: 'start', at: { timeline: 2, lsn: at(6) } })
    const other = { timeline: 5, ancestors: [{ timeline: 1, endLsn: at(2), reason: '' }] }
    expect(
      chooseStart(server({ timeline: 5, history: other, slotLsn: at(9) }), { timeline: 2, lsn: at(6) }, segment),
    ).toEqual({
      type: 'start',
      at: { timeline: 5, lsn: at(9) },
      cause: 'other-timeline',
    })
  })

  it('has to wait for a server that is behind the log', () => {
    expect(chooseStart(server({}), { timeline: 2, lsn: at(6) }, segment).type).toBe('wait')
    expect(chooseStart(server({}), { timeline: 1, lsn: at(11) }, segment).type).toBe('wait')
    expect(chooseStart(server({}), { timeline: 1, lsn: at(10, 900) }, segment).type).toBe('start')
  })
})
