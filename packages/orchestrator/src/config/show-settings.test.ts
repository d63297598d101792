import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { checkSecrets } from './check-secrets.ts'
import { describeOrigin, explainSetting } from './explain-setting.ts'
import { loadCheckedConfig } from './load-checked-config.ts'
import type { LoadedConfig } from './loaded-config.ts'
import { renderProblem } from './render-problems.ts'
import { renderSettings, showSettings } from './show-settings.ts'
import { type ConfigFiles, createConfigFiles } from './testing/config-files.ts'

/** Each secret's value holds the word canary, which must never be seen. */
const text = `repositories:
  far:
    location: rest:https://store.example.com/
    password: { file: password }
    variables:
      HOLDFAST_REST_USERNAME: backup-canary
      HOLDFAST_REST_PASSWORD: { command: [printf, value] }
tiers:
  gold: { extends: critical, keep: { daily: 30 } }
sources:
  shop.db:
    type: postgresql
    tier: gold
    connection: postgresql://backup@db1
    password: { env: DB_PW }
    timeout: 3h
notifications:
  channels:
    ops: { type: slack, url: 'https://hooks.slack.com/services/canary' }
    mail: { type: email, smtp: { host: mx, password: { env: NOT_SET } }, from: a@b, to: [c@d] }
`

let files: ConfigFiles
let loaded: LoadedConfig
beforeAll(async () => {
  files = await createConfigFiles({ DB_PW: 'canary' })
  await writeFile(join(files.directory, 'password'), 'canary\n')
  const report = await files.read({ 'holdfast.yaml': text })
  if (report.loaded === undefined) throw new Error(files.lines(report).join('\n'))
  loaded = report.loaded
})
afterAll(() => files[Symbol.asyncDispose]())

describe('what is shown', () => {
  test('holds no secret and says where each is', () => {
    const shown = renderSettings(loaded)
    expect(shown + JSON.stringify(showSettings(loaded))).not.toContain('canary')
    expect(shown).toContain('env: DB_PW')
    expect(shown).toContain(`file: ${join(files.directory, 'password')}`)
    expect(parse(shown)).toMatchObject({
      sources: { 'shop.db': { connection: 'postgresql://backup@db1', rpo: '15m', keep: { daily: 30, weekly: 4 } } },
      notifications: { channels: { ops: { url: { text: 'written in the file, not shown' } } } },
    })
  })

  test('is a configuration that means the same', async () => {
    const again = renderSettings(loaded)
    const report = await files.read({ 'holdfast.yaml': again })
    expect(files.lines(report)).toEqual([])
    expect(report.loaded?.config.sources.get('shop.db')).toEqual(loaded.config.sources.get('shop.db'))
  })
})

describe('a value is explained', () => {
  const explain = (path: string) =>
    explainSetting(loaded, path).map(({ path: at, value, from }) => [
      at,
      value,
      from.replace(`${files.directory}/`, ''),
    ])

  test('by its tier, source, default and line', () => {
    expect(explain('sources.shop.db.keep')).toEqual([
      ['sources.shop.db.keep.hourly', 24, 'tier critical (built in)'],
      ['sources.shop.db.keep.daily', 30, 'tier gold, holdfast.yaml:9'],
      ['sources.shop.db.keep.weekly', 4, 'tier critical (built in)'],
      ['sources.shop.db.keep.monthly', 12, 'tier critical (built in)'],
    ])
    expect(explain('sources.shop.db.timeout')).toEqual([
      ['sources.shop.db.timeout', '3h', 'source shop.db, holdfast.yaml:16'],
    ])
    expect(explain('sources.shop.db.retries')).toEqual([['sources.shop.db.retries', 3, 'default']])
    expect(explain('host')).toEqual([['host', 'test-host', 'default']])
  })

  test('and one that is not there is refused with the nearest', () => {
    const hintOf = (path: string) => {
      try {
        return explain(path)
      } catch (error) {
        return (error as { hint?: string }).hint
      }
    }
    expect(hintOf('sources.shop.db.kep')).toBe('Did you mean sources.shop.db.keep?')
    expect(hintOf('sourcs')).toBe('Did you mean sources?')
    expect(hintOf('host.name')).toBe('host has no further values.')
  })

  test('without a secret that is written in the file', () => {
    expect(JSON.stringify(explain('notifications.channels.ops'))).not.toContain('canary')
  })
})

test('origins are named as people say them', () => {
  expect(describeOrigin({ from: 'file', file: '/etc/x.yaml', line: 3 })).toBe('/etc/x.yaml:3')
  expect(describeOrigin({ from: 'repository', name: 'far', file: 'x', line: 4 })).toBe('repository far, x:4')
})

describe('secrets that are not there', () => {
  const check = async (commands: boolean) => {
    const problems = await checkSecrets(loaded, files.surroundings, { commands }, quietContext())
    return problems.map((problem) => renderProblem(problem).trim().replaceAll(`${files.directory}/`, ''))
  }

  test('are named with path and line; a file that everybody can read is a warning', async () => {
    await chmod(join(files.directory, 'password'), 0o644)
    const found = await check(true)
    expect(found.toSorted()).toEqual([
      'holdfast.yaml:20:1 notifications.channels.mail.smtp.password: the secret from the variable NOT_SET is not there: it is not set',
      'holdfast.yaml:4:1 warning: repositories.far.password: everybody on this machine can read password: chmod o-r it',
    ])
    await chmod(join(files.directory, 'password'), 0o600)
    expect(await check(false)).toHaveLength(1)
  })

  test('refuse a configuration that something is to run with', async () => {
    const path = join(files.directory, 'holdfast.yaml')
    await expect(loadCheckedConfig(path, files.surroundings, quietContext())).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: /has 1 error:\n.*notifications\.channels\.mail\.smtp\.password: the secret from the variable NOT_SET/,
    })
  })
})
