import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type PostgresServer, startPostgres } from '@holdfast/connectors/postgresql/testing/postgres-server'
import { effectiveConfigOf } from '@holdfast/core/config/testing/effective-config-fixture'
import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import { quietContext } from '@holdfast/core/context'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { discover } from './discover.ts'
import { startEngineServer } from './testing/engine-server.ts'

let directory = ''
let postgres: PostgresServer
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-discover-'))
  postgres = await startPostgres()
})
afterAll(async () => {
  await postgres[Symbol.asyncDispose]()
  await rm(directory, { recursive: true, force: true })
})

function look(request: { config?: EffectiveConfig; engines?: string[]; compose?: string[]; proc?: string } = {}) {
  return discover(
    {
      procDirectory: request.proc ?? '/proc',
      socketDirectories: [postgres.socketDirectory],
      composeDirectories: request.compose ?? [],
      engineSockets: request.engines ?? [],
      config: request.config,
    },
    quietContext(),
  )
}

test('a PostgreSQL that listens is found by its answer, and is protected once a source connects to it', async () => {
  const mine = async (config?: EffectiveConfig) => {
    const { services } = await look(config === undefined ? {} : { config })
    return services.filter(({ found }) => 'port' in found && found.port === postgres.port)
  }
  const [found, ...others] = await mine()
  expect(others).toEqual([])
  expect(found).toMatchObject({ kind: 'postgresql', found: { type: 'port', host: '127.0.0.1' } })
  expect(found?.protectedBy).toBeUndefined()
  const connection = `postgresql://backup@localhost:${postgres.port}`
  const config = effectiveConfigOf({ sources: { shop: { type: 'postgresql', connection } } })
  expect((await mine(config))[0]?.protectedBy).toBe('shop')
})

test('one that is reached by its socket only is found there', async () => {
  const { services } = await look({ proc: '/nowhere' })
  expect(services).toEqual([
    {
      kind: 'postgresql',
      name: `postgresql-${postgres.port}`,
      found: { type: 'socket', directory: postgres.socketDirectory, port: postgres.port },
    },
  ])
})

test('what listens at the port of a database without being one is not taken for it', async () => {
  const server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const net = join(directory, 'proc', 'net')
  await mkdir(net, { recursive: true })
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  await writeFile(join(net, 'tcp'), `header\n 0: 0100007F:${hex} 0:0 0A 0 0 0 0 0 1 1\n`)
  // a program called postgres, as the table would say
  await mkdir(join(directory, 'proc', '7', 'fd'), { recursive: true })
  await symlink('socket:[1]', join(directory, 'proc', '7', 'fd', '3'))
  await writeFile(join(directory, 'proc', '7', 'comm'), 'postgres\n')
  const found = await discover(
    {
      procDirectory: join(directory, 'proc'),
      socketDirectories: [],
      composeDirectories: [],
      engineSockets: [],
      config: undefined,
    },
    quietContext(),
  )
  expect(found.services).toEqual([])
  server.close()
})

test('Compose files and the engine that runs them are put together, and nothing is asked twice', async () => {
  const project = join(directory, 'srv', 'shop')
  await mkdir(join(project, 'node_modules', 'x'), { recursive: true })
  const file = join(project, 'compose.yaml')
  await writeFile(
    file,
    'services:\n  db: { image: "postgres:17", volumes: ["data:/var/lib/postgresql/data"] }\n  web: { image: nginx, volumes: ["www:/www"] }\n',
  )
  await writeFile(join(project, 'node_modules', 'x', 'docker-compose.yml'), 'services: { no: { image: mysql } }\n')
  await mkdir(join(directory, 'srv', 'broken'))
  await writeFile(join(directory, 'srv', 'broken', 'compose.yml'), 'services: {\n')
  const socket = join(directory, 'docker.sock')
  const anonymous = 'a'.repeat(64)
  await using engine = await startEngineServer(socket, {
    containers: [
      {
        Id: '1',
        Names: ['/shop-db-1'],
        Image: 'postgres:17',
        Labels: {
          'com.docker.compose.project.config_files': file,
          'com.docker.compose.service': 'db',
        },
        Mounts: [{ Type: 'volume', Name: 'shop_data', Destination: '/var/lib/postgresql/data' }],
        Ports: [],
      },
      {
        Id: '2',
        Names: ['/lonely'],
        Image: 'mongo:7',
        Mounts: [{ Type: 'volume', Name: anonymous, Destination: '/data/db' }],
        Ports: [{ PrivatePort: 27_017, PublicPort: 27_018, Type: 'tcp' }],
      },
    ],
    volumes: [
      { Name: 'shop_data', Mountpoint: '/v/shop_data/_data' },
      { Name: 'shop_www', Mountpoint: '/v/shop_www/_data' },
      { Name: 'forgotten', Mountpoint: '/v/forgotten/_data' },
      { Name: anonymous, Mountpoint: '/v/a/_data' },
    ],
  })
  const config = effectiveConfigOf({
    sources: {
      db: { type: 'postgresql', connection: 'postgresql://backup@db' },
      www: { type: 'files', paths: ['/v/shop_www'] },
    },
  })
  const found = await look({ proc: '/nowhere', compose: [join(directory, 'srv')], engines: [socket, '/none'], config })
  const contained = found.services.filter(({ found: { type } }) => type !== 'socket')
  expect(contained.map(({ name, protectedBy }) => [name, protectedBy])).toEqual([
    ['db', 'db'],
    ['lonely', undefined],
  ])
  expect(found.volumes.map(({ name, holds, protectedBy }) => [name, holds, protectedBy])).toEqual([
    ['shop_data', 'postgresql', 'db'],
    ['shop_www', undefined, 'www'],
    ['forgotten', undefined, undefined],
  ])
  expect(found.hazards.map(({ kind, subject }) => `${kind}: ${subject.replace(`${directory}/`, '')}`)).toEqual([
    'down-v: service db of srv/shop/compose.yaml',
    'anonymous-volume: container lonely',
    'unprotected-volume: volume forgotten',
  ])
  expect(found.gaps).toEqual([`${join(directory, 'srv', 'broken', 'compose.yml')} is no Compose file that can be read`])
  expect(engine.requests.toSorted()).toEqual(['GET /containers/json?all=1', 'GET /volumes'])
})

test('an engine that does not answer as one is a gap, not a failure', async () => {
  const socket = join(directory, 'other.sock')
  const server = createServer((connection) => connection.end('nonsense\n')).listen(socket)
  await new Promise((resolve) => server.once('listening', resolve))
  const { gaps } = await look({ proc: '/nowhere', engines: [socket] })
  expect(gaps[0]).toMatch(/^the container engine at .*other\.sock cannot be asked: /)
  server.close()
})
