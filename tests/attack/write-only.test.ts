import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createCliFixture } from '../../apps/cli/src/cli-fixture.ts'
import { createGatewayFixture, type FixtureAgent } from '@holdfast/server/gateway/testing/gateway-fixture'
import { afterAll, beforeAll, expect, test } from 'vitest'

let site: Awaited<ReturnType<typeof createGatewayFixture>>
let cli: Awaited<ReturnType<typeof createCliFixture>>

beforeAll(async () => {
  site = await createGatewayFixture()
  cli = await createCliFixture()
  for (let folder = 0; folder < 20; folder++) {
    await mkdir(join(cli.source, `folder-${folder}`))
    for (let file = 0; file < 10; file++) {
      await writeFile(join(cli.source, `folder-${folder}`, `file-${file}`), randomBytes(20_000))
    }
  }
})
afterAll(async () => {
  await cli[Symbol.asyncDispose]()
  await site[Symbol.asyncDispose]()
})

interface Summary {
  readonly snapshotId: string
  readonly filesNew: number
  readonly filesUnmodified: number
  readonly dataAdded: number
  readonly parent: string | undefined
}

async function holdfast(agent: FixtureAgent, words: readonly string[]) {
  return await cli.run(words, {
    variables: { HOLDFAST_REPOSITORY: site.location(agent), HOLDFAST_PASSWORD: site.password },
  })
}

async function backUp(agent: FixtureAgent, words: readonly string[] = []): Promise<Summary> {
  const { exitCode, stdout, stderr } = await holdfast(agent, [
    'backup',
    '--json',
    '--host',
    agent,
    ...words,
    cli.source,
  ])
  expect(exitCode, `${stderr}${stdout}${site.log()}`).toBe(0)
  // boundary: documented in docs/reference/json-output.md
  const messages = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, never>)
  // a request that had to be repeated may be told after it
  const summary = messages.find((message) => message['message_type'] === 'summary') ?? {}
  return {
    snapshotId: summary['snapshot_id'] ?? '',
    filesNew: summary['files_new'] ?? -1,
    filesUnmodified: summary['files_unmodified'] ?? -1,
    dataAdded: summary['data_added'] ?? -1,
    parent: summary['parent'],
  }
}

async function packsStored(): Promise<number> {
  const names = await readdir(join(site.repositoryPath('shared'), 'data'), { recursive: true })
  return names.filter((name) => /[0-9a-f]{64}$/.test(name)).length
}

test('our own command line backs up and restores over an append-only gateway', async () => {
  expect((await backUp('web')).filesNew).toBe(202)
  expect((await backUp('web')).filesUnmodified).toBe(202)
  const target = join(cli.directory, 'restored')
  const restored = await holdfast('web', ['restore', 'latest', '--target', target])
  expect(restored.exitCode, restored.stderr).toBe(0)
  expect(await readFile(join(target, cli.source, 'inner/other'), 'utf8')).toBe('more content')
})

test('it forgets and prunes nothing there', async () => {
  const before = await packsStored()
  for (const words of [['forget', 'latest'], ['prune']]) {
    const { exitCode, stderr } = await holdfast('web', words)
    expect(exitCode, `${words.join(' ')}: ${stderr}`).not.toBe(0)
  }
  expect(await packsStored()).toBe(before)
})

test('by hand it backs up over a write-only gateway without a parent, stores nothing twice, and reads nothing back', async () => {
  await writeFile(join(cli.source, 'only-vault'), randomBytes(50_000))
  const first = await backUp('vault')
  expect(first.filesUnmodified).toBe(0)
  expect(first.dataAdded, 'what web has stored is stored').toBeLessThan(200_000)
  const second = await backUp('vault')
  expect(second.filesUnmodified).toBe(0)
  expect(second.dataAdded, 'nothing but the directory above, which others have changed').toBeLessThan(2_000)
  const target = join(cli.directory, 'stolen')
  expect((await holdfast('vault', ['restore', 'latest', '--target', target])).exitCode).not.toBe(0)
  expect((await holdfast('vault', ['ls', 'latest'])).exitCode).not.toBe(0)
})
