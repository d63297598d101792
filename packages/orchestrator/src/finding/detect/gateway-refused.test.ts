import { expect, test } from 'vitest'
import { ago, shopConfig, viewOf } from '../testing/view-fixture.ts'
import { detectGatewayRefused, gatewayRefusalMark } from './gateway-refused.ts'

const dayMs = 86_400_000
const config = shopConfig({ agents: { 'web-1': { gateway: 'append-only' } } })
const found = (ageMs: number) => {
  const what = 'agent web-1 may not DELETE data/0123'
  const marks = new Map([[gatewayRefusalMark('web-1'), JSON.stringify({ at: ago(ageMs), what })]])
  return detectGatewayRefused(viewOf({ config, marks })).observations
}

test('an agent that tried to remove something is named for a week, with what it tried', () => {
  expect(found(3_600_000)).toMatchObject([{ kind: 'agent-refused', about: 'web-1/gateway', severity: 'warning' }])
  expect(found(3_600_000)[0]?.detail).toContain('DELETE data/0123')
  expect(found(8 * dayMs)).toEqual([])
})

test('an agent that nothing was refused is not named', () => {
  expect(detectGatewayRefused(viewOf({ config })).observations).toEqual([])
})
