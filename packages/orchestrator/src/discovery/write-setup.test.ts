import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ConfigFiles, createConfigFiles } from '../config/testing/config-files.ts'
import type { DiscoveredService, DiscoveredVolume, Discovery } from './discovery.ts'
import { writeSetup } from './write-setup.ts'

const choice = { location: '/srv/backup', passwordFile: 'holdfast-password', now: new Date('2026-11-21T00:00:00Z') }
const nothing: Discovery = { services: [], volumes: [], hazards: [], gaps: [] }

let files: ConfigFiles
beforeAll(async () => {
  files = await createConfigFiles()
  await writeFile(join(files.directory, 'holdfast-password'), 'x', { mode: 0o600 })
})
afterAll(() => files[Symbol.asyncDispose]())

/** What the written file resolves to; fails with its problems. */
async function configOf(found: Partial<Discovery>) {
  const report = await files.read({ 'holdfast.yaml': writeSetup({ ...nothing, ...found }, choice) })
  expect(files.lines(report)).toEqual([])
  if (report.loaded === undefined) throw new Error('refused')
  return report.loaded.config
}

test('of nothing a file is written that holds, with a repository and examples', async () => {
  const config = await configOf({})
  expect([...config.repositories.keys()]).toEqual(['local'])
  expect(config.sources.size).toBe(0)
  expect(writeSetup(nothing, choice)).toContain('# www:')
})

test('what can be reached becomes a source, the rest a comment; what is protected already is left out', async () => {
  const services: readonly DiscoveredService[] = [
    { kind: 'postgresql', name: 'postgresql', found: { type: 'port', host: '::1', port: 5432, program: 'postgres' } },
    { kind: 'postgresql', name: 'socket', found: { type: 'socket', directory: '/run/my pg', port: 5433 } },
    {
      kind: 'postgresql',
      name: 'inside',
      found: { type: 'compose', file: '/f', service: 'inside', image: 'postgres' },
    },
    { kind: 'mysql', name: 'maria', found: { type: 'container', container: 'maria', image: 'mariadb', port: 3307 } },
    { kind: 'mongodb', name: 'mongo', found: { type: 'port', host: '127.0.0.1', port: 27_017 } },
    { kind: 'postgresql', name: 'done', found: { type: 'port', host: '127.0.0.1', port: 1 }, protectedBy: 'it' },
  ]
  const volumes: readonly DiscoveredVolume[] = [
    { name: 'www', usedBy: ['web'], directory: '/v/www/_data' },
    { name: 'unknown', usedBy: [] },
    { name: 'dbdata', usedBy: ['db'], holds: 'postgresql', directory: '/v/db' },
  ]
  const config = await configOf({ services, volumes })
  expect([...config.sources.keys()]).toEqual(['postgresql', 'socket', 'maria', 'www'])
  expect(config.sources.get('postgresql')?.workload).toMatchObject({
    connection: { text: 'postgresql://holdfast@[::1]:5432/postgres' },
  })
  expect(config.sources.get('maria')?.workload).toMatchObject({
    type: 'mysql',
    connection: { text: 'mysql://holdfast@127.0.0.1:3307' },
  })
  expect(config.sources.get('www')?.workload).toMatchObject({ paths: ['/v/www/_data'] })
  const text = writeSetup({ ...nothing, services, volumes }, choice)
  expect(text).toContain('# mongo:')
  expect(text).not.toMatch(/done|dbdata/)
})

test('a comment becomes a source by removing the signs', async () => {
  const services: readonly DiscoveredService[] = [
    { kind: 'mysql', name: 'my', found: { type: 'compose', file: '/f', service: 'my', image: 'mysql' } },
    { kind: 'mongodb', name: 'mongo', found: { type: 'port', host: '127.0.0.1', port: 27_017 } },
  ]
  const text = writeSetup({ ...nothing, services }, choice)
    .replace('sources: {}', 'sources:')
    .replace(/^( +)# (my:|mongo:|type:|connection:|command:|fileName:)/gm, '$1$2')
  const { loaded } = await files.read({ 'holdfast.yaml': text })
  expect(loaded?.config.sources.get('my')?.workload).toMatchObject({ type: 'mysql' })
  expect(loaded?.config.sources.get('mongo')?.workload).toMatchObject({ type: 'command' })
})

test('whatever things are called, the file holds and says nothing else', async () => {
  const odd = fc.oneof(
    fc.string({ minLength: 1, maxLength: 12, unit: 'binary' }),
    fc.constantFrom(
      'null',
      'true',
      '1',
      'a: b',
      '- x',
      '#',
      "'",
      '"',
      '${HOME}',
      '${NOPE}',
      '*a',
      '&a',
      '!!x',
      'ä b',
      '..',
      'a\nb: c',
      'a\u2028b',
    ),
  )
  await fc.assert(
    fc.asyncProperty(odd, odd, odd, async (name, directory, image) => {
      const config = await configOf({
        services: [
          { kind: 'postgresql', name: `${name}1`, found: { type: 'socket', directory: `/${directory}`, port: 5432 } },
          { kind: 'mysql', name: `${name}2`, found: { type: 'compose', file: directory, service: name, image } },
        ],
        volumes: [{ name: `${name}3`, usedBy: [name], directory: `/${directory}` }],
        hazards: [{ kind: 'down-v', severity: 'info', subject: name, message: image, advice: directory }],
      })
      const paths = [...config.sources.values()].map(({ workload }) =>
        workload.type === 'files' ? workload.paths[0] : '',
      )
      expect(paths).toContain(`/${directory}`)
      expect(config.sources.size).toBe(2)
    }),
    { numRuns: 25 },
  )
})
