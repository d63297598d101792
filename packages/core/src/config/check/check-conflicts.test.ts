import { describe, expect, test } from 'vitest'
import { pathText } from '../config-problem.ts'
import type { SettingMap } from '../setting.ts'
import { effectiveConfigOf } from '../testing/effective-config-fixture.ts'
import { checkConflicts, checkUnused } from './check-conflicts.ts'

const repositories = {
  near: { location: '/srv/backup', password: { env: 'PW' } },
  far: { location: '/mnt/backup', password: { env: 'PW' } },
}
const files = { type: 'files', paths: ['/srv/www'] }
const database = { type: 'postgresql', connection: 'postgresql://backup@db1' }

function conflictsOf(sources: SettingMap): string[] {
  const problems = checkConflicts(effectiveConfigOf({ repositories, sources }))
  return problems.map(({ path, message, severity }) => `${severity} ${pathText(path)}: ${message}`)
}

test('one thing cannot have two promises; with one promise twice it is only said', () => {
  const twice = (more: SettingMap) => conflictsOf({ a: files, b: { ...files, ...more } })
  expect(twice({ tier: 'temporary' })).toEqual([
    'error sources.b: backs up the same as a, which has the tier important and not temporary: one thing cannot have two promises',
  ])
  expect(twice({})).toEqual(['warning sources.b: backs up the same as a'])
  expect(twice({ paths: ['/srv/other'] })).toEqual([])
})

test('a physical and a logical backup of one server complete each other', () => {
  expect(conflictsOf({ a: database, b: { ...database, method: 'logical', tier: 'temporary' } })).toEqual([])
})

test('two sources cannot follow one replication slot', () => {
  const sources = { 'a-b': { ...database, tier: 'critical' }, a_b: { ...database, tier: 'critical' } }
  expect(conflictsOf(sources)).toContain(
    'error sources.a_b.slot: is holdfast_a_b, the slot of a-b on the same server already',
  )
  const apart = { ...sources, a_b: { ...sources.a_b, slot: 'other' } }
  expect(conflictsOf(apart).join()).not.toContain('slot')
})

test('two followers cannot have one number on one server', () => {
  const server = { type: 'mysql', connection: 'mysql://backup@db1', tier: 'critical', serverId: 7 }
  const number = (second: SettingMap) => conflictsOf({ a: server, b: { ...server, ...second } }).join('\n')
  expect(number({})).toContain(
    'error sources.b.serverId: is 7, the number of the follower of a on the same server already',
  )
  expect(number({ serverId: 8 })).not.toContain('serverId')
  expect(number({ connection: 'mysql://backup@db2' })).toBe('')
})

test('blackouts must leave some time for a backup', () => {
  const blackouts = (...windows: (string | SettingMap)[]) => conflictsOf({ it: { ...files, blackouts: windows } })
  const never = ['error sources.it.blackouts: leave no time of the week in which a backup could start']
  expect(blackouts('00:00-24:00')).toEqual(never)
  expect(blackouts('6:00-22:00', '21:00-6:00')).toEqual(never)
  expect(blackouts('6:00-22:00', '22:00-5:59')).toEqual([])
  const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat']
  expect(blackouts({ between: '00:00-24:00', days })).toEqual([])
})

test('a repository or channel that is never used is a warning', () => {
  const channels = { ops: { type: 'slack', url: { env: 'U' } }, idle: { type: 'slack', url: { env: 'V' } } }
  const config = effectiveConfigOf({
    repositories,
    sources: { it: { ...files, tier: 'temporary' } },
    notifications: { channels, routes: [{ channels: ['ops'] }] },
  })
  expect(checkUnused(config).map(({ path, severity }) => `${severity} ${pathText(path)}`)).toEqual([
    'warning repositories.far',
    'warning notifications.channels.idle',
  ])
})

describe('agents', () => {
  const found = (written: SettingMap): string[] =>
    checkConflicts(effectiveConfigOf({ repositories, agents: { 'web-1': {}, 'web-2': {} }, ...written })).map(
      ({ path, message, severity }) => `${severity} ${pathText(path)}: ${message}`,
    )
  const remote = { near: { location: 's3:https://s3.example/near', password: { env: 'PW' } } }

  test('have directories of their own: the same path on two of them is not the same data', () => {
    const both = { a: { ...files, agent: 'web-1' }, b: { ...files, agent: 'web-2', tier: 'temporary' } }
    expect(found({ repositories: remote, sources: both })).toEqual([])
  })

  test('follow no logs', () => {
    const source = { ...database, tier: 'critical', agent: 'web-1' }
    expect(found({ repositories: remote, sources: { a: source } }).join()).toContain(
      'error sources.a.log: is continuous',
    )
    expect(found({ repositories: remote, sources: { a: { ...source, log: 'off' } } })).toEqual([])
  })

  test('do not share the disks of the server, unless they go through it', () => {
    const source = { ...files, agent: 'web-1', repositories: 'first' }
    expect(found({ sources: { a: source } }).join()).toContain('warning sources.a.agent: writes into near')
    const agents = { 'web-1': { gateway: 'append-only' } }
    expect(found({ agents, sources: { a: source } })).toEqual([])
  })

  test('are limited in what they store only where they store it through the server', () => {
    const of = (gateway: string) => found({ agents: { 'web-1': { gateway, storesPerDay: '5GiB' } }, sources: {} })
    expect(of('off').join()).toContain('error agents.web-1.storesPerDay: limits nothing')
    expect(of('append-only')).toEqual([])
  })

  test('behind a gateway are called otherwise than the server, whose snapshots theirs could be taken for', () => {
    const of = (gateway: string) => found({ host: 'web-1', agents: { 'web-1': { gateway } }, sources: {} })
    expect(of('append-only').join()).toContain('error agents.web-1: is the host of this server')
    expect(of('off')).toEqual([])
  })

  test('that back up nothing are written for nothing', () => {
    const config = effectiveConfigOf({ repositories: remote, agents: { 'web-1': {} }, sources: { a: files } })
    expect(checkUnused(config)).toMatchObject([{ path: ['agents', 'web-1'], severity: 'warning' }])
  })
})
