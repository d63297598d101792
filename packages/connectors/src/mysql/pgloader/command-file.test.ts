import { expect, it } from 'vitest'
import { type PgloaderRoute, pgloaderCommandFile } from './command-file.ts'
import { complaintsIn } from './run-pgloader.ts'

const route: PgloaderRoute = {
  from: { host: 'db1', port: 3306, user: 'root', tls: { mode: 'preferred' } },
  database: 'shop',
  to: { host: { host: '/run/postgresql', port: 5432 }, user: 'postgres', database: 'goal', tlsMode: 'prefer' },
}

it('names both servers, wants indexes, and keeps names as they are', () => {
  const text = pgloaderCommandFile(route)
  expect(text).toContain('FROM mysql://root@db1:3306/shop\n')
  expect(text).toContain('INTO postgresql://postgres@unix:/run/postgresql:5432/goal?sslmode=prefer\n')
  expect(text).toMatch(/WITH create tables, create indexes, foreign keys,.* quote identifiers;/)
})

it('refuses names it could read as something else, and certificates that it would not look at', () => {
  const cases: readonly (readonly [PgloaderRoute, string])[] = [
    [{ ...route, database: 'a shop' }, 'the name "a shop"'],
    [{ ...route, database: 'a;DROP' }, 'the name "a;DROP"'],
    [{ ...route, from: { ...route.from, user: 'a@b' } }, 'the name "a@b"'],
    [{ ...route, from: { ...route.from, host: '::1' } }, 'the host ::1'],
    [{ ...route, from: { ...route.from, tls: { mode: 'required' } } }, 'ssl-mode=required'],
    [{ ...route, to: { ...route.to, tlsMode: 'verify-full' } }, 'verifies no certificate'],
  ]
  for (const [one, reason] of cases) expect(() => pgloaderCommandFile(one)).toThrow(reason)
})

it('hears what pgloader complains of, although it ends with success', () => {
  const printed = [
    '2026-11-21T10:12:19.024000Z LOG pgloader version "3.6.7~devel"',
    '2026-11-21T10:12:21.028000Z ERROR PostgreSQL Database error 42601: syntax error at or near "-"',
    'QUERY: ALTER DATABASE "goal" SET search_path TO public;',
    '2026-11-21T10:12:21.128000Z WARNING source column "shop"."item"."at" has no default',
  ].join('\n')
  expect(complaintsIn(printed)).toEqual([
    'PostgreSQL Database error 42601: syntax error at or near "-"',
    'source column "shop"."item"."at" has no default',
  ])
})
