import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import { openRepository } from '@holdfast/repository/open/open-repository'
import { createLocalBackend } from '@holdfast/storage/local/local-backend'
import { expect, test } from 'vitest'
import { createCliFixture } from '../cli-fixture.ts'

test('init --configured makes what is missing, leaves what is there, and lets one reading fill all', async () => {
  await using fixture = await createCliFixture()
  const places = ['first', 'second', 'third'].map((name) => join(fixture.directory, name))
  const lines = places.flatMap((place, nth) => [`  r${nth}:`, `    location: ${place}`, '    password: { env: PASS }'])
  const config = join(fixture.directory, 'holdfast.yaml')
  await writeFile(config, ['repositories:', ...lines, ''].join('\n'))
  const variables = { PASS: 'open sesame', HOLDFAST_CONFIG: config }

  const first = await fixture.run(['init', '--configured'], { variables })
  expect(first.stdout).toContain('Keep the passwords safe')
  expect(first.stdout.match(/created repository/g)).toHaveLength(3)

  await rm(places[1] ?? '', { recursive: true })
  await mkdir(places[1] ?? '')
  const again = await fixture.run(['init', '--configured', '--json'], { variables })
  const told = again.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { message_type: string })
  expect(told.map(({ message_type: type }) => type)).toEqual(['exists', 'initialized', 'exists'])

  const opened = places.map((place) => openRepository(createLocalBackend(place), 'open sesame', {}, quietContext()))
  const configs = (await Promise.all(opened)).map((repository) => repository.config)
  expect(new Set(configs.map(({ chunkerPolynomial }) => chunkerPolynomial)).size).toBe(1)
  expect(new Set(configs.map(({ id }) => id)).size).toBe(3)
})

test('init --configured takes no other choice', async () => {
  await using fixture = await createCliFixture()
  const { exitCode, stderr } = await fixture.run(['-r', fixture.repository, 'init', '--configured'])
  expect(exitCode).toBe(1)
  expect(stderr).toContain('--configured and --repo cannot be used together')
})
