import { describe, expect, it } from 'vitest'
import { ago, hourMs, noon, shopConfig, viewOf } from '../testing/view-fixture.ts'
import { detectLog } from './log.ts'

const config = shopConfig({}, { type: 'postgresql', connection: { text: 'host=db1' }, tier: 'critical' })
const gib = 1024 ** 3

const look = (state: object | undefined) =>
  detectLog(viewOf({ config, marks: new Map(state === undefined ? [] : [['log/shop', JSON.stringify(state)]]) }))
const fresh = { at: noon.toISOString(), recoverableUntil: ago(20_000).toISOString() }

describe('the log of a source', () => {
  it('is well when it is followed and recent', () => {
    expect(look(fresh)).toEqual({ observations: [], unseen: [] })
  })

  it('is behind from half of what is promised on', () => {
    expect(look({ ...fresh, recoverableUntil: ago(8 * 60_000).toISOString() }).observations).toMatchObject([
      { kind: 'log-behind', severity: 'warning', title: 'the log of shop is 8m 00s behind' },
    ])
  })

  it('is behind when nobody follows it, and then nothing is known of gaps and slots', () => {
    const { observations, unseen } = look({
      at: ago(hourMs).toISOString(),
      recoverableUntil: ago(hourMs).toISOString(),
    })
    expect(observations).toMatchObject([
      { kind: 'log-behind', title: 'nobody has followed the log of shop for 1h 00m' },
    ])
    expect(unseen.map(({ kind }) => kind)).toEqual(['log-gap', 'slot-danger'])
  })

  it('tells what the follower fails with for longer than a minute', () => {
    const error = { code: 'X', message: 'cannot connect', hint: 'Start the server.' }
    expect(look({ ...fresh, error }).observations).toEqual([])
    const [seen] = look({ ...fresh, error, recoverableUntil: ago(61_000).toISOString() }).observations
    expect(seen?.detail).toContain('It says: cannot connect. Start the server.')
  })

  it('with a gap is critical', () => {
    const gap = { at: ago(hourMs).toISOString(), message: 'WAL from 0/3000000 to 0/5000000 is missing' }
    expect(look({ ...fresh, gap }).observations).toMatchObject([
      { kind: 'log-gap', severity: 'critical', title: 'the log of shop has a gap' },
    ])
    expect(look({ ...fresh, gap }).observations[0]?.detail).toContain('WAL from 0/3000000 to 0/5000000 is missing.')
    expect(look({ ...fresh, gap: false }).observations).toEqual([])
  })

  it('tells for a week what a fail-over has lost', () => {
    const lost = { at: ago(hourMs).toISOString(), message: 'db2 took over without 0-1-7', hint: 'See the log.' }
    expect(look({ ...fresh, lost }).observations).toMatchObject([
      { kind: 'log-gap', about: 'fail-over', severity: 'warning', detail: expect.stringContaining('0-1-7') },
    ])
    expect(look({ ...fresh, lost: { ...lost, at: ago(8 * 24 * hourMs).toISOString() } }).observations).toEqual([])
  })

  it.each([
    [{ walStatus: 'lost', keptBytes: 5 * gib }, 'critical'],
    [{ walStatus: 'extended', safeBytes: 1024 ** 2, keptBytes: 2 * gib }, 'critical'],
    [{ walStatus: 'extended', keptBytes: 5 * gib }, 'warning'],
  ])('endangers the server or itself with %j', (slot, severity) => {
    expect(look({ ...fresh, slot }).observations).toMatchObject([{ kind: 'slot-danger', severity }])
  })

  it.each([
    ['warning', 'keeps its binary log for 10m 00s only', { expiryMs: 600_000 }],
    [
      'critical',
      'is about to drop binary log that is not stored',
      { expiryMs: 86_400_000, recoverableUntil: ago(13 * hourMs).toISOString() },
    ],
  ])('is in danger (%s) on a server that %s', (severity, title, more) => {
    const danger = look({ ...fresh, ...more }).observations.filter(({ kind }) => kind === 'slot-danger')
    expect(danger).toMatchObject([{ severity, title: `the server of shop ${title}` }])
  })

  it('is no danger within the limits', () => {
    expect(look({ ...fresh, expiryMs: 7 * 24 * hourMs }).observations).toEqual([])
    const slot = { walStatus: 'reserved', safeBytes: 8 * gib, keptBytes: gib }
    expect(look({ ...fresh, slot }).observations).toEqual([])
  })

  it('cannot be judged before it was ever followed', () => {
    expect(look(undefined)).toMatchObject({ observations: [], unseen: [{}, {}, { kind: 'log-behind' }] })
  })

  it("is nobody's business when the source promises none", () => {
    expect(detectLog(viewOf({ marks: new Map([['log/shop', '{"at":"2020-01-01"}']]) })).observations).toEqual([])
  })
})
