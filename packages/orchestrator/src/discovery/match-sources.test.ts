import { effectiveConfigOf } from '@holdfast/core/config/testing/effective-config-fixture'
import { describe, expect, test } from 'vitest'
import type { ServicePlace } from './discovery.ts'
import { addressesOf, sourceOfDirectory, sourceOfService } from './match-sources.ts'

test.each([
  ['postgresql://u@db1', [{ host: 'db1', port: 5432 }]],
  [
    'postgresql://db1:5433,db2/shop?sslmode=require',
    [
      { host: 'db1', port: 5433 },
      { host: 'db2', port: 5432 },
    ],
  ],
  ['postgres://u@[::1]:6000/x', [{ host: '::1', port: 6000 }]],
  ['postgresql:///shop?host=/run/postgresql&port=5434', [{ host: '/run/postgresql', port: 5434 }]],
  ['postgresql://%2Frun%2Fpostgresql/x', [{ host: '/run/postgresql', port: 5432 }]],
  ["host='/tmp' port=5435 user=x", [{ host: '/tmp', port: 5435 }]],
  ['dbname=x', [{ host: '', port: 5432 }]],
])('%s leads to its servers', (connection, expected) => {
  expect(addressesOf(connection)).toEqual(expected)
})

describe('a service is protected', () => {
  const config = effectiveConfigOf({
    sources: {
      local: { type: 'postgresql', connection: 'postgresql://backup@localhost:5433' },
      remote: { type: 'postgresql', connection: 'postgresql://backup@db9' },
      shop: { type: 'mysql', connection: 'mysql://backup@localhost:3307' },
      hidden: { type: 'postgresql', connection: { env: 'URL' } },
      cache: { type: 'command', command: ['redis-cli', '--rdb', '-'], labels: { service: 'queue' } },
      www: { type: 'files', paths: ['/srv/www/'] },
    },
  })
  const owner = (found: ServicePlace, name = 'x', kind: 'postgresql' | 'redis' | 'mysql' = 'postgresql') =>
    sourceOfService(config, { kind, name, found })

  test('by a source that connects to it', () => {
    expect(owner({ type: 'port', host: '127.0.0.1', port: 5433 })).toBe('local')
    expect(owner({ type: 'socket', directory: '/tmp', port: 5433 })).toBe('local')
    expect(owner({ type: 'compose', file: '/f', service: 'db', image: 'postgres', port: 5433 })).toBe('local')
    expect(owner({ type: 'container', container: 'db9', image: 'postgres' })).toBe('remote')
  })

  test('by its kind as well: MySQL by a source of MySQL', () => {
    expect(owner({ type: 'port', host: '127.0.0.1', port: 3307 }, 'x', 'mysql')).toBe('shop')
    expect(owner({ type: 'port', host: '127.0.0.1', port: 3307 })).toBeUndefined()
  })

  test('not by one for another port, host or kind', () => {
    expect(owner({ type: 'port', host: '127.0.0.1', port: 5432 })).toBeUndefined()
    expect(owner({ type: 'compose', file: '/f', service: 'db', image: 'postgres' })).toBeUndefined()
    expect(owner({ type: 'port', host: '127.0.0.1', port: 5433 }, 'x', 'redis')).toBeUndefined()
  })

  test('by the name of a source, or its label, where the connection does not say', () => {
    const place = { type: 'port', host: '127.0.0.1', port: 1 } as const
    expect(owner(place, 'hidden')).toBe('hidden')
    expect(owner(place, 'queue', 'redis')).toBe('cache')
    expect(sourceOfService(undefined, { kind: 'redis', name: 'queue', found: place })).toBeUndefined()
  })

  test('a directory by a source of files at or around it', () => {
    expect(sourceOfDirectory(config, '/srv/www/uploads')).toBe('www')
    expect(sourceOfDirectory(config, '/srv/www2')).toBeUndefined()
  })
})
