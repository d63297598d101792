import { expect, test } from 'vitest'
import { pathText } from '../config-problem.ts'
import { resolveConfig } from '../resolve/resolve-config.ts'
import type { SettingMap } from '../setting.ts'

const near = { location: '/srv/backup', password: { env: 'PW' } }
const files = { type: 'files', paths: ['/srv/www'] }

function problemsOf(written: SettingMap) {
  const basis = {
    hostname: 'h',
    timeZone: 'UTC',
    stateDirectory: '/s',
    originOf: () => ({}),
    rebase: (text: string) => text,
  }
  return resolveConfig({ repositories: { near }, ...written }, basis).problems
}

/** Each: what is written, and the one problem it has: path, part of the message, what was meant. */
const cases: readonly (readonly [written: SettingMap, path: string, message: string, suggestion?: string])[] = [
  // keys
  [{ sorces: {} }, 'sorces', 'is no setting', 'sources'],
  [{ sources: { it: { ...files, teir: 'critical' } } }, 'sources.it.teir', 'is no setting', 'tier'],
  [
    { sources: { it: { ...files, excludecaches: true } } },
    'sources.it.excludecaches',
    'is no setting',
    'excludeCaches',
  ],
  [{ sources: { it: { ...files, keep: { dialy: 3 } } } }, 'sources.it.keep.dialy', 'is no setting', 'daily'],
  [{ sources: { it: { ...files, connection: 'x' } } }, 'sources.it.connection', 'is no setting'],
  [
    { repositories: { near: { ...near, prune: { windwo: '1:00-2:00' } } } },
    'repositories.near.prune.windwo',
    'is no setting',
    'window',
  ],
  [{ sources: { 'a b': files } }, 'sources.a b', 'is no name'],
  // missing and empty
  [{ sources: { it: { type: 'files' } } }, 'sources.it.paths', 'is missing'],
  [{ sources: { it: { paths: ['/x'] } } }, 'sources.it.type', 'is missing'],
  [{ repositories: { near: { location: '/x' } } }, 'repositories.near.password', 'is missing'],
  [{ sources: { it: null } }, 'sources.it', 'has no value'],
  [{ sources: { it: { ...files, paths: [] } } }, 'sources.it.paths', 'names no path'],
  // types
  [{ sources: { it: { ...files, type: 'fles' } } }, 'sources.it.type', 'must be one of files', 'files'],
  [{ sources: { it: { ...files, paths: '/srv' } } }, 'sources.it.paths', 'must be a list'],
  [{ sources: { it: { ...files, excludeCaches: 'yes' } } }, 'sources.it.excludeCaches', 'must be true or false'],
  [{ sources: [] }, 'sources', 'must be a map of settings'],
  [{ sources: { it: { ...files, keep: { daily: '7' } } } }, 'sources.it.keep.daily', 'must be a whole number'],
  [{ sources: { it: { ...files, keep: { daily: -1 } } } }, 'sources.it.keep.daily', 'must be at least 0'],
  // access
  [{ server: { auth: 'off' } }, 'server.auth', 'must be one of loopback-open, required'],
  [{ server: { tls: { certificate: '/c.pem' } } }, 'server.tls.key', 'is missing'],
  [
    { server: { oidc: { issuer: 'http://id.example', clientId: 'h', clientSecret: { env: 'S' } } } },
    'server.oidc.issuer',
    'https',
  ],
  [
    { server: { oidc: { issuer: 'https://id.example', clientId: 'h', clientSecret: 'x' } } },
    'server.oidc.clientSecret',
    'is a secret',
  ],
  // agents
  [
    { agents: { 'web-1': {} }, sources: { it: { ...files, agent: 'web1' } } },
    'sources.it.agent',
    'there is no agent "web1"',
    'web-1',
  ],
  [
    { agents: { 'web-1': { gateway: 'readonly' } } },
    'agents.web-1.gateway',
    'must be one of off, append-only, write-only',
  ],
  [{ agents: { 'web-1': { gatway: 'off' } } }, 'agents.web-1.gatway', 'is no setting', 'gateway'],
  // MySQL
  [
    { sources: { it: { type: 'mysql', connection: 'mysql://db1/shop?ssl-mode=required' } } },
    'sources.it.connection',
    'names a database',
  ],
  [{ sources: { it: { type: 'mysql', connection: 'db1' } } }, 'sources.it.connection', 'is no address of a server'],
  [{ sources: { it: { type: 'mysql', connection: 'mysql://u:pw@db1' } } }, 'sources.it.connection', 'holds a password'],
  [
    { sources: { it: { type: 'mysql', connection: 'mysql://db1', method: 'wire' } } },
    'sources.it.method',
    'must be one of logical, direct',
  ],
  [
    { sources: { it: { type: 'mysql', connection: 'mysql://db1', databases: ['shop'], log: 'continuous' } } },
    'sources.it.log',
    'a backup of some databases of mysql has no log',
  ],
  [
    { sources: { it: { type: 'mysql', connection: 'mysql://db1', serverId: 0 } } },
    'sources.it.serverId',
    'must be at least 1',
  ],
  // words
  [{ tiers: { t: { log: 'continous' } } }, 'tiers.t.log', 'must be one of continuous, off', 'continuous'],
  [{ tiers: { t: { repositories: 'everything' } } }, 'tiers.t.repositories', 'must be one of all, first'],
  [{ sources: { it: { ...files, tier: 'critcal' } } }, 'sources.it.tier', 'there is no tier "critcal"', 'critical'],
  [{ tiers: { t: { extends: 'importent' } } }, 'tiers.t.extends', 'there is no tier', 'important'],
  [
    { sources: { it: { ...files, repositories: ['nera'] } } },
    'sources.it.repositories.0',
    'there is no repository',
    'near',
  ],
  [
    { sources: { it: { ...files, keepIn: { naer: { last: 1 } } } } },
    'sources.it.keepIn.naer',
    'there is no repository',
    'near',
  ],
  [
    { sources: { it: files }, applications: { a: { sources: ['ti'] } } },
    'applications.a.sources.0',
    'there is no source',
    'it',
  ],
  [
    { notifications: { routes: [{ channels: ['ops'] }] } },
    'notifications.routes.0.channels.0',
    'there is no channel "ops"; there is none at all',
  ],
  [
    { notifications: { channels: { ops: { type: 'slak', url: { env: 'U' } } } } },
    'notifications.channels.ops.type',
    'must be one of slack',
    'slack',
  ],
  // values with units
  [{ tiers: { t: { rpo: 15 } } }, 'tiers.t.rpo', 'must be a duration with its unit'],
  [{ tiers: { t: { rpo: '15 minutes' } } }, 'tiers.t.rpo', 'is not a duration with its unit'],
  [{ tiers: { t: { timeout: '0' } } }, 'tiers.t.timeout', 'must be longer than 0'],
  [{ repositories: { near: { ...near, capacity: '2GB' } } }, 'repositories.near.capacity', 'write 2G or 2GiB'],
  [{ tiers: { t: { keep: { within: '3 days' } } } }, 'tiers.t.keep.within', 'is not a span of the calendar'],
  [{ tiers: { t: { anomaly: { churn: 'much' } } } }, 'tiers.t.anomaly.churn', 'must be a share'],
  [{ tiers: { t: { backup: 'daily' } } }, 'tiers.t.backup', 'must be a cron line of five fields'],
  [{ tiers: { t: { backup: { cron: 7 } } } }, 'tiers.t.backup.cron', 'must be a cron line of five fields'],
  [{ tiers: { t: { prove: { newest: 'weekly' } } } }, 'tiers.t.prove.newest', 'must be a cron line'],
  [{ timeZone: 'Mars/Olympus' }, 'timeZone', 'is no time zone'],
  [{ tiers: { t: { blackouts: ['22:00-22:00'] } } }, 'tiers.t.blackouts.0', 'is never open'],
  [{ tiers: { t: { blackouts: ['22-6'] } } }, 'tiers.t.blackouts.0', 'must be two times of day'],
  [
    { tiers: { t: { blackouts: [{ between: '25:00-26:00' }] } } },
    'tiers.t.blackouts.0.between',
    'must be two times of day',
  ],
  [
    { tiers: { t: { blackouts: [{ between: '1:00-2:00', days: ['monday'] }] } } },
    'tiers.t.blackouts.0.days.0',
    'must be one of sun, mon',
    'mon',
  ],
  [{ server: { listen: '8090' } }, 'server.listen', 'must be an address and a port'],
  [{ server: { listen: '127.0.0.1:70000' } }, 'server.listen', 'must be an address and a port'],
  // secrets
  [
    { repositories: { near: { ...near, password: 'canary' } } },
    'repositories.near.password',
    'is a secret, which never stands in this file',
  ],
  [
    { repositories: { near: { ...near, password: { env: 'A', file: 'b' } } } },
    'repositories.near.password',
    'must name one of env, file or command, and only one',
  ],
  [{ repositories: { near: { ...near, password: {} } } }, 'repositories.near.password', 'must name one of'],
  [
    { repositories: { near: { ...near, password: { command: 'pass show x' } } } },
    'repositories.near.password.command',
    'must be a list',
  ],
  [
    { repositories: { near: { ...near, location: 'rest:https://u:canary@h/' } } },
    'repositories.near.location',
    'holds a password',
  ],
  [
    { sources: { it: { type: 'postgresql', connection: 'postgresql://u:canary@h' } } },
    'sources.it.connection',
    'holds a password',
  ],
  [
    { sources: { it: { type: 'postgresql', connection: 'host=h password=canary' } } },
    'sources.it.connection',
    'holds a password',
  ],
]

const named = cases.map(([written, path, message, suggestion]) => ({
  text: JSON.stringify(written),
  written,
  path,
  message,
  suggestion,
}))

test.each(named)('$text is refused', ({ written, path, message, suggestion }) => {
  const problems = problemsOf(written)
  expect(problems.map((problem) => pathText(problem.path))).toEqual([path])
  expect(problems[0]?.message).toContain(message)
  expect(problems[0]?.suggestion).toBe(suggestion)
  expect(JSON.stringify(problems)).not.toContain('canary')
})

test('everything wrong is said at once', () => {
  const problems = problemsOf({
    sources: { a: { ...files, tier: 'critcal', pahts: 1 }, b: { type: 'files' }, c: { ...files, timeout: 3 } },
    tiers: { t: { keep: { daily: 'x' } } },
  })
  expect(problems.map((problem) => pathText(problem.path)).toSorted()).toEqual([
    'sources.a.pahts',
    'sources.a.tier',
    'sources.b.paths',
    'sources.c.timeout',
    'tiers.t.keep.daily',
  ])
})
