import { describe, expect, it } from 'vitest'
import { historyOf } from '../history.ts'
import { dailySamples, noon, shopConfig, viewOf } from '../testing/view-fixture.ts'
import { detectCapacity } from './capacity.ts'

const gib = 1024 ** 3
const password = { env: 'HOLDFAST_PASSWORD' }
const config = shopConfig({ repositories: { local: { location: '/srv/backup', password, capacity: '100GiB' } } })
const look = (sizesGib: readonly number[], now = noon) =>
  detectCapacity(
    viewOf(
      { config, now },
      {
        history: historyOf(
          dailySamples(
            'repository-bytes',
            'repository/local',
            sizesGib.map((size) => size * gib),
          ),
        ),
      },
    ),
  )
const growing = (from: number, perDay: number, days: number) =>
  Array.from({ length: days }, (_, day) => from + day * perDay)

describe('the room of a repository', () => {
  it('is enough for months', () => {
    expect(look(growing(10, 0.5, 14))).toEqual({ observations: [], unseen: [] })
  })

  it('ends within a month, and is named with the day', () => {
    const [seen] = look(growing(10, 2, 20)).observations
    expect(seen).toMatchObject({ kind: 'capacity', severity: 'warning', subject: { repository: 'local' } })
    expect(seen?.title).toBe('repository local is full in 26 days')
    expect(seen?.detail).toContain('growing by 2.000 GiB a day')
  })

  it('ends within a week: critical', () => {
    expect(look(growing(50, 5, 10)).observations).toMatchObject([{ severity: 'critical' }])
  })

  it('is nearly used up without growing', () => {
    const [seen] = look(growing(92, 0, 10)).observations
    expect(seen).toMatchObject({ severity: 'warning', title: 'repository local is 92 % full' })
    expect(look(growing(98, 0, 10)).observations).toMatchObject([{ severity: 'critical' }])
  })

  it('is not forecast from a few days, nor from one great import', () => {
    expect(look(growing(10, 5, 5)).observations).toEqual([])
    expect(look([10, 10.1, 10.2, 10.3, 50, 50.1, 50.2, 50.3, 50.4, 50.5, 50.6, 50.7]).observations).toEqual([])
  })

  it('is unknown when it was not measured lately', () => {
    const later = new Date(noon.getTime() + 20 * 86_400_000)
    expect(look(growing(92, 0, 10), later)).toMatchObject({ observations: [], unseen: [{ kind: 'capacity' }] })
  })
})
