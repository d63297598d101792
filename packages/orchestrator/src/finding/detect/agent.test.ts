import { describe, expect, it } from 'vitest'
import { agentMark } from '../../agent/agent-marks.ts'
import { ago, shopConfig, viewOf } from '../testing/view-fixture.ts'
import { detectAgent } from './agent.ts'

const minuteMs = 60_000
const config = shopConfig(
  {
    repositories: { far: { location: 's3:https://s3.example/far', password: { env: 'PW' } } },
    agents: { 'web-1': {} },
  },
  { agent: 'web-1' },
)
const seen = (ageMs: number) => JSON.stringify({ at: ago(ageMs), version: '1.0.0', instance: 'i', address: '::1' })
const found = (marks: Readonly<Record<string, string>>, used = config) =>
  detectAgent(viewOf({ config: used, marks: new Map(Object.entries(marks)) })).observations
const enrolled = { [agentMark.enrolled('web-1')]: JSON.stringify({ digest: 'aa', at: ago(0) }) }

describe('an agent', () => {
  it('that has sources and says nothing for five minutes is away', () => {
    expect(found({ ...enrolled, [agentMark.seen('web-1')]: seen(4 * minuteMs) })).toEqual([])
    expect(found({ ...enrolled, [agentMark.seen('web-1')]: seen(6 * minuteMs) })).toMatchObject([
      {
        kind: 'agent-away',
        about: 'web-1',
        title: 'agent web-1 was last seen 6m 00s ago',
        figures: { ageMs: 360_000 },
      },
    ])
  })

  it('that was never let in is away, and it is said how to let it in', () => {
    const [only] = found({})
    expect(only?.title).toBe('agent web-1 has never connected')
    expect(only?.detail).toContain('holdfast agent add web-1')
  })

  it('without sources may be where it likes', () => {
    expect(found({}, shopConfig({ agents: { 'web-1': {} } }))).toEqual([])
  })

  it('of another version is named until it comes with the right one', () => {
    const refused = {
      [agentMark.refused('web-1')]: JSON.stringify({ at: ago(minuteMs), version: '9.9.9', protocol: 2 }),
    }
    const kinds = (marks: Readonly<Record<string, string>>) =>
      found({ ...enrolled, ...marks }).map(({ about }) => about)
    expect(kinds({ ...refused, [agentMark.seen('web-1')]: seen(2 * minuteMs) })).toEqual(['web-1/protocol'])
    expect(kinds({ ...refused, [agentMark.seen('web-1')]: seen(0) })).toEqual([])
  })

  it('whose token was tried twice is named for a week', () => {
    const invited = (ageMs: number) => ({
      [agentMark.seen('web-1')]: seen(0),
      [agentMark.invited('web-1')]: JSON.stringify({
        digest: 'aa',
        expiresAt: ago(0),
        usedAt: ago(ageMs + minuteMs),
        reusedAt: ago(ageMs),
      }),
    })
    expect(found(invited(minuteMs))).toMatchObject([
      { kind: 'agent-refused', about: 'web-1/token', severity: 'warning' },
    ])
    expect(found(invited(8 * 86_400_000))).toEqual([])
  })

  it('with a copy of its state directory is named for a day, with where each came from', () => {
    const copy = (ageMs: number) => ({
      [agentMark.seen('web-1')]: seen(0),
      [agentMark.copied('web-1')]: JSON.stringify({ at: ago(ageMs), address: '192.0.2.9' }),
    })
    const [only, ...more] = found({ ...enrolled, ...copy(minuteMs) })
    expect(more).toEqual([])
    expect(only).toMatchObject({ kind: 'agent-refused', about: 'web-1/copy' })
    expect(only?.detail).toMatch(/192\.0\.2\.9.*from ::1.*holdfast agent add web-1/)
    expect(found({ ...enrolled, ...copy(25 * 60 * minuteMs) })).toEqual([])
  })
})
