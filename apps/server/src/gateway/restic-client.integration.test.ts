import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { resticPrograms } from '@holdfast/repository/snapshot/restic-fixture'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createGatewayFixture, type FixtureAgent, type GatewayFixture } from './testing/gateway-fixture.ts'

let fixture: GatewayFixture
const program = resticPrograms().at(-1) ?? 'restic'

beforeAll(async () => {
  fixture = await createGatewayFixture()
  await mkdir(join(fixture.directory, 'site/deep'), { recursive: true })
  await writeFile(join(fixture.directory, 'site/page.html'), '<p>hello</p>'.repeat(10_000))
  await writeFile(join(fixture.directory, 'site/deep/other'), 'other')
})
afterAll(() => fixture[Symbol.asyncDispose]())

interface Outcome {
  readonly code: number
  readonly text: string
}

function restic(agent: FixtureAgent, words: readonly string[], patienceMs = 60_000): Promise<Outcome> {
  return run(fixture.location(agent), words, patienceMs)
}

/** What older versions are refused they ask for again for a quarter of an hour: that long nobody waits here. */
const briefMs = 4_000

function run(repository: string, words: readonly string[], timeout = 60_000): Promise<Outcome> {
  // oxlint-disable-next-line node/no-process-env
  const env = { PATH: process.env['PATH'], HOME: fixture.directory, RESTIC_PASSWORD: fixture.password, TZ: 'UTC' }
  const all = ['--repo', repository, '--no-cache', ...words]
  return new Promise((resolve) => {
    execFile(program, all, { env, cwd: fixture.directory, timeout }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      resolve({ code, text: `${stdout}${stderr}` })
    })
  })
}

async function filesOf(name: 'shared'): Promise<string[]> {
  const names = await readdir(fixture.repositoryPath(name), { recursive: true })
  return names.filter((path) => /[0-9a-f]{64}$/.test(path) && !path.startsWith('locks/')).toSorted()
}

test('stock restic backs up, lists and restores over an append-only gateway', async () => {
  const made = await restic('web', ['backup', '--host', 'web', 'site'])
  expect(made, fixture.log()).toMatchObject({ code: 0 })
  expect(JSON.parse((await restic('web', ['snapshots', '--json'])).text)).toHaveLength(1)
  const target = join(fixture.directory, 'restored')
  expect(await restic('web', ['restore', 'latest', '--target', target])).toMatchObject({ code: 0 })
  expect(await readFile(join(target, 'site/deep/other'), 'utf8')).toBe('other')
  expect(await restic('web', ['check', '--read-data', '--no-lock'])).toMatchObject({ code: 0 })
  expect(await readdir(join(fixture.repositoryPath('shared'), 'locks')), 'own locks are removed').toEqual([])
})

test('stock restic cannot forget, prune, add a key, tag or make a repository, and what is there stays whole', async () => {
  await restic('web', ['backup', '--host', 'web', 'site'])
  const before = await filesOf('shared')
  for (const words of [
    ['forget', 'latest'],
    ['forget', '--keep-last', '1', '--prune'],
    ['prune'],
    ['key', 'add', '--new-password-file', '/dev/null'],
    ['tag', '--add', 'x', 'latest'],
    ['init'],
    ['rebuild-index'],
  ]) {
    const { code, text } = await restic('web', words, briefMs)
    expect(code, `${words.join(' ')}: ${text}`).not.toBe(0)
  }
  expect(await filesOf('shared')).toEqual(before)
  const checked = await run(fixture.repositoryPath('shared'), ['check', '--read-data', '--no-lock'])
  expect(checked).toMatchObject({ code: 0 })
})

test('stock restic backs up over a write-only gateway, stores nothing twice, and reads nothing back', async () => {
  const first = await restic('vault', ['backup', '--host', 'vault', 'site'])
  expect(first, fixture.log()).toMatchObject({ code: 0 })
  const packs = (await filesOf('shared')).filter((path) => path.startsWith('data/'))
  expect(await restic('vault', ['backup', '--host', 'vault', 'site'])).toMatchObject({ code: 0 })
  expect((await filesOf('shared')).filter((path) => path.startsWith('data/'))).toEqual(packs)
  expect(
    (await restic('vault', ['restore', 'latest', '--target', join(fixture.directory, 'stolen')], briefMs)).code,
  ).not.toBe(0)
  // without a parent that it could not read
  expect(JSON.parse((await restic('vault', ['snapshots', '--json'])).text) ?? []).toEqual([])
})

test('a wrong secret, another agent’s name and another agent’s repository are refused', async () => {
  const wrong = fixture.location('web').replace(fixture.secrets.web, 'wrong')
  const renamed = fixture.location('web').replace('web:', 'vault:')
  for (const location of [wrong, renamed, fixture.location('web', 'foreign'), fixture.location('web', 'none')]) {
    expect((await run(location, ['snapshots'])).code, location).not.toBe(0)
  }
})
