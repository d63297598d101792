import { expect, it } from 'vitest'
import { parseServerVersion, type ServerVersion } from '../connection/server-version.ts'
import { judgeMigration } from './judge-migration.ts'
import type { GoalFacts, MigrationFacts } from './migration-facts.ts'

function version(text: string): ServerVersion {
  const found = parseServerVersion(text)
  if (found === undefined) throw new Error(`no version: ${text}`)
  return found
}

const mariadb = version('10.11.6-MariaDB')
const mysql = version('8.4.2')

function facts(of: Partial<MigrationFacts>): MigrationFacts {
  return { version: mariadb, tables: [], columns: [], collations: [], functionalIndexes: [], packages: [], ...of }
}

function goal(of: Partial<GoalFacts>): GoalFacts {
  return { version: mysql, engines: new Set(['innodb']), collations: new Set(['utf8mb4_bin']), ...of }
}

it('names all that the other family does not have, at once', () => {
  const { obstacles } = judgeMigration(
    facts({
      tables: [
        { name: 'shop.ids', type: 'SEQUENCE', engine: 'InnoDB' },
        { name: 'shop.past', type: 'SYSTEM VERSIONED', engine: 'InnoDB' },
        { name: 'shop.old', type: 'BASE TABLE', engine: 'Aria' },
      ],
      columns: [{ name: 'shop.item.id', type: 'uuid', extra: '' }],
      packages: ['shop.tax'],
      collations: ['latin1_strange_ci'],
    }),
    goal({}),
  )
  expect(obstacles).toEqual([
    'tables of storage engines that the new server does not have: shop.old (Aria)',
    'collations that the new server has nothing like: latin1_strange_ci',
    'MySQL 8.4.2 has no sequences: shop.ids',
    'MySQL 8.4.2 has no system-versioned tables: shop.past',
    'MySQL 8.4.2 has no packages: shop.tax',
    'MySQL 8.4.2 has other types than those of columns: shop.item.id (uuid)',
  ])
})

it('takes within a family what belongs to it, but nothing from a newer release', () => {
  const sequence = { name: 'shop.ids', type: 'SEQUENCE', engine: 'InnoDB' }
  const from = facts({ tables: [sequence], columns: [{ name: 'shop.a.b', type: 'uuid', extra: '' }] })
  const same = goal({ version: version('10.11.2-MariaDB') })
  expect(judgeMigration(from, same)).toMatchObject({ obstacles: [], changes: [] })
  const older = judgeMigration(from, goal({ version: version('10.6.20-MariaDB') }))
  expect(older.obstacles).toEqual(['MariaDB 10.6.20 is older than MariaDB 10.11.6'])
})

it('tells what will be otherwise, from MySQL to MariaDB', () => {
  const { obstacles, changes, collations } = judgeMigration(
    facts({
      version: mysql,
      columns: [
        { name: 'shop.item.data', type: 'json', extra: '' },
        { name: 'shop.item.hidden', type: 'int', extra: 'INVISIBLE' },
      ],
      collations: ['utf8mb4_0900_ai_ci', 'utf8mb4_bin'],
    }),
    goal({ version: mariadb, collations: new Set(['utf8mb4_bin', 'utf8mb4_unicode_520_ci']) }),
  )
  expect(obstacles).toEqual([])
  expect([...collations]).toEqual([['utf8mb4_0900_ai_ci', 'utf8mb4_unicode_520_ci']])
  expect(changes.join('\n')).toMatch(/JSON is text.*shop\.item\.data[^]*visible: shop\.item\.hidden[^]*accounts/)
})

it('refuses indexes over expressions where there are none', () => {
  const from = facts({ version: mysql, functionalIndexes: ['shop.item.lower_name'] })
  expect(judgeMigration(from, goal({ version: mariadb })).obstacles.join()).toContain('shop.item.lower_name')
})
