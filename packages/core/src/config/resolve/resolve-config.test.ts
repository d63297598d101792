import { processorMs } from '../../testing/processor-time.ts'
import { describe, expect, test } from 'vitest'
import { pathText } from '../config-problem.ts'
import type { SettingMap } from '../setting.ts'
import { effectiveConfigOf } from '../testing/effective-config-fixture.ts'
import { resolveConfig } from './resolve-config.ts'

const repositories = {
  near: { location: '/srv/backup', password: { env: 'PW' }, residency: { region: 'eu' } },
  far: { location: 's3:https://s3.example.com/backup', password: { env: 'PW' }, residency: { region: 'us' } },
}
const files = { type: 'files', paths: ['/srv/www'] }
const database = { type: 'postgresql', connection: 'postgresql://backup@db1' }
const hour = 3_600_000

function sourceOf(source: SettingMap, more: SettingMap = {}) {
  const found = effectiveConfigOf({ repositories, sources: { it: source }, ...more }).sources.get('it')
  if (found === undefined) throw new Error('the source is not there')
  return found
}

function resolve(written: SettingMap) {
  return resolveConfig(written, {
    hostname: 'here',
    timeZone: 'UTC',
    stateDirectory: '/state',
    originOf: (path) => ({ file: 'a.yaml', line: path.length }),
    rebase: (text) => `/base/${text}`,
  })
}

function refusals(written: SettingMap): string[] {
  return resolve(written).problems.map(({ path, message }) => `${pathText(path)}: ${message}`)
}

describe('the built-in tiers are those of the documentation', () => {
  test('critical', () => {
    expect(sourceOf({ ...database, tier: 'critical' })).toMatchObject({
      rpoMs: 15 * 60_000,
      rtoMs: hour,
      backup: { cron: '0 */6 * * *' },
      log: 'continuous',
      repositories: ['near', 'far'],
      keep: new Map([
        ['near', { hourly: 24, daily: 7, weekly: 4, monthly: 12 }],
        ['far', { hourly: 24, daily: 7, weekly: 4, monthly: 12 }],
      ]),
      prove: { newest: { cron: '30 3 * * *' }, random: { cron: '30 5 * * sun' } },
    })
  })

  test('important, which holds when no tier is named', () => {
    const { prove, ...rest } = sourceOf(database)
    expect(rest).toMatchObject({
      tier: 'important',
      rpoMs: 24 * hour,
      rtoMs: 4 * hour,
      backup: { cron: '0 2 * * *' },
      log: 'off',
      repositories: ['near', 'far'],
    })
    expect(rest.keep.get('near')).toEqual({ daily: 7, weekly: 4, monthly: 12 })
    expect(Object.keys(prove)).toEqual(['newest'])
  })

  test('temporary promises nothing, is kept in the first repository, and is never proven', () => {
    const { rpoMs, rtoMs, repositories: kept, keep, prove } = sourceOf({ ...database, tier: 'temporary' })
    expect({ rpoMs, rtoMs, kept, prove }).toEqual({ rpoMs: undefined, rtoMs: undefined, kept: ['near'], prove: {} })
    expect(keep).toEqual(new Map([['near', { daily: 7 }]]))
  })
})

describe('what is said later holds', () => {
  test('a source over its tier, field by field', () => {
    const source = sourceOf({ ...database, tier: 'critical', rpo: '1h', keep: { daily: 30, hourly: 0 }, rto: 'none' })
    expect(source.rpoMs).toBe(hour)
    expect(source.rtoMs).toBeUndefined()
    expect(source.keep.get('far')).toEqual({ daily: 30, weekly: 4, monthly: 12 })
  })

  test('a schedule given as a text keeps the jitter of the tier, and one given as jitter its cron line', () => {
    const tiers = { mine: { extends: 'important', backup: { cron: '7 1 * * *', jitter: '1m' } } }
    expect(sourceOf({ ...files, tier: 'mine', backup: '8 2 * * *' }, { tiers }).backup).toEqual({
      cron: '8 2 * * *',
      timeZone: 'UTC',
      jitterMs: 60_000,
    })
    expect(sourceOf({ ...files, tier: 'mine', backup: { jitter: '2m' } }, { tiers }).backup).toMatchObject({
      cron: '7 1 * * *',
      jitterMs: 120_000,
    })
  })

  test('a tier over the tiers it extends, and one named like a built-in tier over that one', () => {
    const tiers = {
      gold: { extends: 'critical', rto: '30m' },
      platinum: { extends: 'gold', rpo: '1m' },
      critical: { retries: 1 },
    }
    expect(sourceOf({ ...database, tier: 'platinum' }, { tiers })).toMatchObject({
      rpoMs: 60_000,
      rtoMs: hour / 2,
      retries: 1,
      log: 'continuous',
    })
  })

  test('a repository over tiers in its own retention, and a source over that', () => {
    const own = { ...repositories, far: { ...repositories.far, keep: { monthly: 60 } } }
    const config = effectiveConfigOf({
      repositories: own,
      sources: { a: files, b: { ...files, keepIn: { far: { monthly: 3 } } } },
    })
    expect(config.sources.get('a')?.keep.get('far')).toEqual({ monthly: 60 })
    expect(config.sources.get('a')?.keep.get('near')).toEqual({ daily: 7, weekly: 4, monthly: 12 })
    expect(config.sources.get('b')?.keep.get('far')).toEqual({ monthly: 3 })
  })

  test('the zone of the configuration, unless a schedule or window names one', () => {
    const config = effectiveConfigOf({
      repositories,
      timeZone: 'Asia/Seoul',
      sources: {
        it: { ...files, blackouts: ['22:00-06:00', { between: '9:00-10:00', days: ['mon'], timeZone: 'UTC' }] },
      },
    })
    const { backup, blackouts } = config.sources.get('it') ?? {}
    expect(backup?.timeZone).toBe('Asia/Seoul')
    expect(blackouts).toEqual([
      { startMinute: 1320, endMinute: 360, timeZone: 'Asia/Seoul' },
      { startMinute: 540, endMinute: 600, timeZone: 'UTC', days: [1] },
    ])
  })
})

test('where a value comes from is known: default, tier with its line, source, repository', () => {
  const { tree } = resolve({
    repositories: { near: { location: 'x', password: { env: 'PW' }, keep: { last: 9 } } },
    tiers: { mine: { extends: 'critical', rto: '3h' } },
    sources: { it: { ...database, tier: 'mine', keep: { daily: 3 } } },
  })
  const origin = (path: string) => tree.origins.get(`sources.it.${path}`)
  expect(origin('timeout')).toEqual({ from: 'default' })
  expect(origin('flushEvery')).toEqual({ from: 'default' })
  expect(origin('rpo')).toEqual({ from: 'tier', name: 'critical' })
  expect(origin('rto')).toEqual({ from: 'tier', name: 'mine', file: 'a.yaml', line: 3 })
  expect(origin('keep.daily')).toEqual({ from: 'source', name: 'it', file: 'a.yaml', line: 4 })
  expect(origin('keep.weekly')).toEqual({ from: 'tier', name: 'critical' })
  expect(origin('keepIn.near.last')).toEqual({ from: 'repository', name: 'near', file: 'a.yaml', line: 4 })
})

test('paths are taken relative to the file, in secrets and locations as well', () => {
  const { config } = resolve({ repositories: { near: { location: 'x', password: { file: 'pw' } } } })
  expect(config?.repositories.get('near')).toMatchObject({ location: '/base/x', password: { file: '/base/pw' } })
})

describe('logs', () => {
  test('are followed only where there is one, whatever the tier says', () => {
    const often = { backup: '*/10 * * * *', tier: 'critical' }
    expect(sourceOf({ ...files, ...often })).toMatchObject({ log: 'off', prove: { newest: {} } })
    expect(sourceOf({ ...files, ...often }).prove.random).toBeUndefined()
    expect(sourceOf({ ...database, ...often, method: 'logical' }).log).toBe('off')
  })

  test('cannot be asked for where there is none', () => {
    expect(refusals({ repositories, sources: { it: { ...files, log: 'continuous' } } })).toEqual([
      'sources.it.log: a source of type files has no log that could be followed',
    ])
    expect(refusals({ repositories, sources: { it: { ...database, method: 'logical', log: 'continuous' } } })).toEqual([
      'sources.it.log: a logical backup of postgresql has no log that could be followed',
    ])
  })

  test('are read from a slot named after the source, as PostgreSQL takes names', () => {
    const { sources } = effectiveConfigOf({ repositories, sources: { 'Shop-1.db': database } })
    expect(sources.get('Shop-1.db')?.workload).toMatchObject({ slot: 'holdfast_shop_1_db' })
  })
})

describe('residency', () => {
  test('chooses among all repositories', () => {
    expect(sourceOf({ ...files, residency: { region: 'eu' } }).repositories).toEqual(['near'])
    expect(sourceOf({ ...files, residency: { region: ['us', 'ca'] } }).repositories).toEqual(['far'])
  })

  test('refuses a repository that is named all the same, and a source that has none left', () => {
    const asked = { ...files, residency: { region: 'eu' }, repositories: ['near', 'far'] }
    expect(refusals({ repositories, sources: { it: asked } })).toEqual([
      'sources.it.repositories: far may not hold it: region is us there, and must be eu',
    ])
    expect(refusals({ repositories, sources: { it: { ...files, residency: { region: 'kr' } } } })).toEqual([
      'sources.it.repositories: has no repository to be kept in: its residency forbids all of them',
    ])
  })
})

describe('refused is', () => {
  test('retention that keeps nothing, in one repository or in all', () => {
    const nothing = { hourly: 0, daily: 0, weekly: 0, monthly: 0 }
    expect(refusals({ repositories, sources: { it: { ...files, keep: nothing } } })[0]).toMatch(
      /^sources\.it\.keep: keeps nothing: /,
    )
    const inOne = { ...files, keepIn: { far: { daily: 0, within: '0d' } } }
    expect(refusals({ repositories, sources: { it: inOne } })[0]).toMatch(/^sources\.it\.keep: keeps nothing in far: /)
    expect(refusals({ repositories, sources: { it: { ...files, keep: { ...nothing, within: '3d' } } } })).toEqual([])
  })

  test('a circle of tiers', () => {
    const tiers = { a: { extends: 'b' }, b: { extends: 'a' } }
    expect(refusals({ repositories, tiers })).toContain('tiers.a.extends: leads in a circle: a → b → a')
  })

  test('one place under two names, which would prune each other', () => {
    const twice = { ...repositories, again: { ...repositories.near, location: '/srv/backup/' } }
    expect(refusals({ repositories: twice })).toEqual(['repositories.again.location: is that of near already'])
  })

  test('a source without any repository', () => {
    expect(refusals({ sources: { it: files } })).toEqual([
      'sources.it.repositories: has no repository to be kept in: there is none',
    ])
  })

  test('a source that belongs to two applications, or twice to one', () => {
    const applications = { shop: { sources: ['it', 'it'] }, crm: { sources: ['it'] } }
    const found = refusals({ repositories, sources: { it: files }, applications })
    expect(found[0]).toBe('applications.shop.sources.1: it is named twice')
    expect(found[1]).toMatch(/^applications\.crm\.sources\.0: it belongs to the application shop already/)
  })

  test('a credential written as it is, which is not repeated', () => {
    const variables = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'canary' }
    const found = refusals({ repositories: { far: { ...repositories.far, variables } } })
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(/^repositories\.far\.variables\.AWS_SECRET_ACCESS_KEY: is a secret/)
    expect(found[0]).not.toContain('canary')
  })
})

test.each(['constructor', 'toString', 'hasOwnProperty', 'valueOf'])('a thing may be called %s', (name) => {
  const config = effectiveConfigOf({
    repositories: { [name]: repositories.near },
    tiers: { [name]: { extends: 'important', retries: 9 } },
    sources: { [name]: { ...files, tier: name, labels: { [name]: 'x' } } },
    applications: { [name]: { sources: [name] } },
  })
  expect(config.sources.get(name)).toMatchObject({ tier: name, retries: 9, repositories: [name], rpoMs: 24 * hour })
  expect(refusals({ repositories, sources: { it: { ...files, tier: name } } })[0]).toContain('there is no tier')
})

test('a thousand sources are put together in seconds', () => {
  const sources = Object.fromEntries(
    Array.from({ length: 1000 }, (_, at) => [`s${at}`, { ...database, tier: 'critical' }]),
  )
  const start = processorMs()
  expect(effectiveConfigOf({ repositories, sources }).sources.size).toBe(1000)
  expect(processorMs() - start).toBeLessThan(15_000)
})
