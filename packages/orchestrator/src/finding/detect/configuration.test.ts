import { describe, expect, it } from 'vitest'
import { ago, shopConfig, viewOf } from '../testing/view-fixture.ts'
import { detectConfiguration } from './configuration.ts'

const config = shopConfig({
  notifications: {
    channels: { oncall: { type: 'command', command: ['/bin/true'] } },
    deadManSwitch: { url: 'https://hc.example/1', every: '5m' },
  },
})
const look = (marks: Record<string, object>) =>
  detectConfiguration(
    viewOf({ config, marks: new Map(Object.entries(marks).map(([key, value]) => [key, JSON.stringify(value)])) }),
  ).observations

describe('the configuration', () => {
  it('whose newest file was refused is a finding', () => {
    const [seen] = look({ 'config/error': { at: ago(60_000), message: 'holdfast.yaml:3: unknown key' } })
    expect(seen).toMatchObject({ kind: 'configuration', about: 'file' })
    expect(seen?.detail).toContain('holdfast.yaml:3: unknown key')
  })

  it('with a channel that was not reached three times is a finding', () => {
    expect(look({ 'notified/@channel/oncall': { failures: 2, error: 'x' } })).toEqual([])
    expect(look({ 'notified/@channel/oncall': { failures: 3, error: 'it answered 500' } })).toMatchObject([
      { about: 'channel/oncall', title: 'messages do not reach channel oncall' },
    ])
  })

  it("with a silent dead man's switch is a finding", () => {
    const state = { nextAt: ago(0), failures: 3, error: 'ENOTFOUND' }
    expect(look({ 'notified/@dead-man-switch': state })).toMatchObject([{ about: 'dead-man-switch' }])
  })
})
