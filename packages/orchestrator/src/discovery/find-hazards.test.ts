import { describe, expect, test } from 'vitest'
import { parseCompose } from './compose-file.ts'
import { findHazards } from './find-hazards.ts'
import { kindOfImage, kindOfListener } from './workload-kind.ts'

/** severity and kind of what is dangerous in one service of /srv/shop/compose.yaml */
function hazardsOf(service: string, more = ''): string[] {
  const containers = parseCompose('/srv/shop/compose.yaml', `services:\n  db: ${service}\n${more}`)
  return findHazards(containers, []).map(({ kind, severity }) => `${severity} ${kind}`)
}

describe('a database container', () => {
  test.each([
    ['without any volume', '{ image: postgres:17 }', ['critical no-volume']],
    ['with a volume elsewhere', '{ image: postgres, volumes: ["conf:/etc/postgresql"] }', ['critical no-volume']],
    ['in memory', '{ image: mysql, tmpfs: /var/lib/mysql }', ['critical no-volume']],
    ['in a volume without a name', '{ image: mongo, volumes: [/data/db] }', ['critical anonymous-volume']],
    [
      'in one without a name, long form',
      '{ image: mongo, volumes: [{ type: volume, target: /data/db }] }',
      ['critical anonymous-volume'],
    ],
    ['in a directory of the host', '{ image: mariadb, volumes: ["./data:/var/lib/mysql:Z"] }', ['warning bind-mount']],
    ['in one named by a variable', '{ image: mariadb, volumes: ["${DATA}:/var/lib/mysql"] }', ['warning bind-mount']],
    [
      'in one, long form',
      '{ image: redis, volumes: [{ type: bind, source: ./d, target: /data }] }',
      ['warning bind-mount'],
    ],
    [
      'in a volume that down -v removes',
      '{ image: postgres, volumes: ["d:/var/lib/postgresql/data"] }',
      ['info down-v'],
    ],
    ['in a directory around its data', '{ image: postgres, volumes: ["d:/var/lib/postgresql"] }', ['info down-v']],
    [
      'in the directory around it, over which its image puts another',
      '{ image: "postgres:17", volumes: ["d:/var/lib/postgresql"] }',
      ['critical anonymous-volume'],
    ],
    [
      'in the nearer of two',
      '{ image: "postgres:17", volumes: ["h:/var/lib/postgresql", "d:/var/lib/postgresql/data"] }',
      ['info down-v'],
    ],
    [
      'in a directory within it',
      '{ image: postgres, volumes: ["d:/var/lib/postgresql/data/pgdata"] }',
      ['info down-v'],
    ],
    ['that is only a cache', '{ image: valkey/valkey:8 }', ['info no-volume']],
  ])('%s', (_what, service, expected) => {
    expect(hazardsOf(service)).toEqual(expected)
  })

  test('in an external volume is safe, and so is what holds no data', () => {
    const volumes = 'volumes: { d: { external: true } }'
    expect(hazardsOf('{ image: postgres, volumes: ["d:/var/lib/postgresql/data"] }', volumes)).toEqual([])
    expect(hazardsOf('{ image: nginx }')).toEqual([])
    expect(hazardsOf('{ build: . }')).toEqual([])
  })
})

test('a volume that no source protects is named with who uses it', () => {
  const [hazard] = findHazards([], [{ name: 'www', usedBy: ['web'], directory: '/v/www/_data' }])
  expect(hazard).toMatchObject({ kind: 'unprotected-volume', severity: 'warning', subject: 'volume www' })
  expect(hazard?.advice).toContain('/v/www/_data')
  expect(findHazards([], [{ name: 'www', usedBy: [], protectedBy: 'web' }])).toEqual([])
})

describe('Compose files', () => {
  const text = `name: store
x-common: &common { ports: ["127.0.0.1:5433:5432/tcp", "9000", { target: 80, published: "8080" }] }
services:
  db: { <<: *common, image: "postgres:17", volumes: ["d:/data/", "./conf:/etc/x:ro", "own:/o"] }
  broken: 7
volumes: { d: {}, own: { name: exactly } }
`
  test('are read with names as the engine knows them, ports and anchors', () => {
    const [db, ...others] = parseCompose('/srv/shop/compose.yaml', text)
    expect(others).toEqual([])
    expect(db?.mounts).toEqual([
      { type: 'volume', target: '/data', source: 'store_d', isExternal: false },
      { type: 'bind', target: '/etc/x', source: '/srv/shop/conf' },
      { type: 'volume', target: '/o', source: 'exactly', isExternal: false },
    ])
    expect(db?.ports).toEqual(
      new Map([
        [5432, 5433],
        [80, 8080],
      ]),
    )
  })

  test('that are none are refused', () => {
    expect(() => parseCompose('/x', '- a')).toThrow('it is no map')
    expect(() => parseCompose('/x', '{')).toThrow('Flow map')
    expect(parseCompose('/x', 'services: []')).toEqual([])
  })
})

test('kinds are known by image, by program, and by port only when the program is not known', () => {
  expect(kindOfImage('registry.example.com:5000/library/postgres:17-alpine@sha256:abc')?.kind).toBe('postgresql')
  expect(kindOfImage('bitnami/mariadb')?.kind).toBe('mysql')
  expect(kindOfImage('postgres-exporter')).toBeUndefined()
  expect(kindOfListener('postgres', 6000)?.kind).toBe('postgresql')
  expect(kindOfListener(undefined, 6379)?.kind).toBe('redis')
  expect(kindOfListener('nginx', 5432)).toBeUndefined()
})
