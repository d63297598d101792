import { describe, expect, it } from 'vitest'
import type { SettingMap } from '@holdfast/core/config/setting'
import { findingOf, shopConfig } from '../finding/testing/view-fixture.ts'
import { routesOf } from './route.ts'

const channel = { type: 'command', command: ['/bin/true'] }
const routed = (routes: SettingMap[], finding: Parameters<typeof findingOf>[0] = {}) =>
  routesOf(findingOf(finding), shopConfig({ notifications: { channels: { a: channel, b: channel }, routes } })).map(
    ({ index }) => index,
  )

describe('routes', () => {
  it('let the first that fits decide', () => {
    expect(routed([{ channels: ['a'] }, { channels: ['b'] }])).toEqual([0])
  })

  it('go on where a route lets others look', () => {
    expect(routed([{ channels: ['a'], andOthers: true }, { channels: ['b'] }, { channels: ['a'] }])).toEqual([0, 1])
  })

  it('take findings from a severity on', () => {
    expect(routed([{ channels: ['a'], minimumSeverity: 'critical' }, { channels: ['b'] }])).toEqual([1])
    expect(routed([{ channels: ['a'], minimumSeverity: 'critical' }], { severity: 'critical' })).toEqual([0])
    expect(routed([{ channels: ['a'] }], { severity: 'info' })).toEqual([])
  })

  it('take findings by the tier and name of the source', () => {
    expect(
      routed([
        { channels: ['a'], tiers: ['critical'] },
        { channels: ['b'], tiers: ['important'] },
      ]),
    ).toEqual([1])
    expect(routed([{ channels: ['a'], sources: ['shop'] }])).toEqual([0])
    expect(routed([{ channels: ['a'], sources: ['shop'], tiers: ['critical'] }])).toEqual([])
  })

  it('take findings about a repository for the sources that lie in it', () => {
    expect(routed([{ channels: ['a'], tiers: ['important'] }], { subject: { repository: 'local' } })).toEqual([0])
    expect(routed([{ channels: ['a'], tiers: ['critical'] }], { subject: { repository: 'local' } })).toEqual([])
  })

  it('take findings about Holdfast itself only where nothing else is asked for', () => {
    expect(routed([{ channels: ['a'], tiers: ['important'] }, { channels: ['b'] }], { subject: {} })).toEqual([1])
  })
})
