import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '@holdfast/core/testing/free-ports'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type ControlFixture,
  createControlFixture,
  type RunningServer,
} from '../../apps/cli/src/run/testing/control-fixture.ts'
import { sendHostile } from './hostile-request.ts'

// No attack: what an honest agent does through the gateway, which must not be in its way.

let fixture: ControlFixture
let server: RunningServer

beforeAll(async () => {
  fixture = await createControlFixture()
  const port = await freePort()
  await fixture.configure(`
agents: { vault: { gateway: write-only } }
sources:
  papers: { type: files, paths: ["${fixture.source}"], agent: vault, tier: quiet }
  list: { type: command, command: [seq, "20000"], agent: vault, tier: quiet }
server: { listen: "127.0.0.1:${port}" }
tiers:
  quiet: { extends: important, prove: { newest: none, random: none }, backup: "0 0 29 2 *", rpo: none, repositories: [first, second], copyMethod: fan-out }
`)
  server = await fixture.serve()
})
afterAll(() => fixture[Symbol.asyncDispose]())

async function startAgent(name: string): Promise<RunningServer> {
  const [added] = await fixture.ask(['agent', 'add', name])
  const { token } = added as { token: string }
  return await fixture.start(['agent', '--server', server.address], /works for/, {
    HOLDFAST_STATE_DIR: join(fixture.directory, `state-${name}`),
    HOLDFAST_ENROLMENT_TOKEN: token,
  })
}

interface RunRow {
  readonly state: string
  readonly result?: { readonly snapshots?: Readonly<Record<string, string>>; readonly filesUnmodified?: number }
}

async function ended(operation: 'backup' | 'copy', source: string, count: number): Promise<RunRow | undefined> {
  const path = `/api/v1/runs?source=${source}&operation=${operation}`
  const runs = async (): Promise<readonly RunRow[]> => {
    const { body } = await sendHostile(server.address, { method: 'GET', path })
    const { runs: rows } = JSON.parse(body.toString()) as { readonly runs: readonly RunRow[] }
    return rows.filter(({ state }) => state !== 'queued' && state !== 'running')
  }
  await expect.poll(async () => (await runs()).length, { interval: 200 }).toBe(count)
  return (await runs())[0]
}

async function again(source: string): Promise<void> {
  const body = Buffer.from(JSON.stringify({ operation: 'backup', source }))
  const headers = { 'content-type': 'application/json' }
  const { status } = await sendHostile(server.address, { method: 'POST', path: '/api/v1/runs', headers, body })
  expect(status).toBe(202)
}

test('an agent that may only write backs up, compares with the time before, and a server copies', async () => {
  const agent = await startAgent('vault')
  const said = (): string => agent.log() + server.log()
  for (const source of ['papers', 'list']) {
    const run = await ended('backup', source, 1)
    expect(run, said()).toMatchObject({ state: 'succeeded' })
    // the two cut files differently: to the second a server copies
    expect(Object.keys(run?.result?.snapshots ?? {})).toEqual(['first'])
    expect(await ended('copy', source, 1), said()).toMatchObject({ state: 'succeeded' })
  }
  await writeFile(join(fixture.source, 'new'), 'new')
  await again('papers')
  const run = await ended('backup', 'papers', 2)
  expect(run, said()).toMatchObject({ state: 'succeeded' })
  expect(run?.result?.filesUnmodified).toBeGreaterThan(0)
  expect(said()).not.toContain('the gateway refused')
  expect(await agent.end('SIGTERM')).toBe(0)
  await server.end('SIGTERM')
  const words = ['-r', fixture.repositoryPath('first'), '--password-file', join(fixture.directory, 'password')]
  const checked = await fixture.run(['check', '--read-data', ...words])
  expect(checked.exitCode, checked.stderr).toBe(0)
})
