import { expect, test } from 'vitest'
import { z } from 'zod'
import { configJsonSchema } from './config-json-schema.ts'

/** What an editor does with the schema, except that here Zod reads it back. */
function accepts(written: unknown): boolean {
  const schema = z.fromJSONSchema(configJsonSchema())
  return schema.safeParse(written).success
}

const repositories = { near: { location: '/srv/backup', password: { file: 'pw' } } }
const www = { type: 'files', paths: ['/srv/www'] }

test('the schema for editors accepts what may be written, shorthands included', () => {
  expect(accepts({})).toBe(true)
  expect(accepts({ repositories, sources: { www: { ...www, backup: '0 2 * * *', keep: { daily: 7 } } } })).toBe(true)
  const schedule = { cron: '0 2 * * *', jitter: '5m' }
  expect(
    accepts({ repositories, tiers: { t: { backup: schedule, prove: { newest: 'none' }, repositories: 'all' } } }),
  ).toBe(true)
  expect(accepts({ sources: { db: { type: 'postgresql', connection: 'postgresql://db' } } })).toBe(true)
  expect(accepts({ sources: { db: { type: 'postgresql', connection: { env: 'URL' } } } })).toBe(true)
  const mysql = { type: 'mysql', connection: 'mysql://db1,db2:3307/?socket=/run/mysqld.sock' }
  expect(accepts({ sources: { db: { ...mysql, method: 'direct', serverId: 7 } } })).toBe(true)
})

test('and refuses misspelt keys, missing ones and wrong types', () => {
  expect(accepts({ sorces: {} })).toBe(false)
  expect(accepts({ sources: { www: { ...www, pats: [] } } })).toBe(false)
  expect(accepts({ sources: { www: { type: 'files' } } })).toBe(false)
  expect(accepts({ repositories: { near: { location: '/x', password: 'secret' } } })).toBe(false)
  expect(accepts({ tiers: { t: { rpo: 15 } } })).toBe(false)
})

test('and holds nothing that only this program looks at', () => {
  expect(JSON.stringify(configJsonSchema())).not.toMatch(/"(?:shorthand|isPath|isLocation|isShown|secret)":/)
})
