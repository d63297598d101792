/** `holdfast agent` beside `holdfast serve`, as their users run them: real processes, killed and cut off from each other. */
import { cp, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '@holdfast/core/testing/free-ports'
import { makeCertificates } from '@holdfast/connectors/postgresql/testing/test-certificates'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { password } from '../cli-fixture.ts'
import { type ControlFixture, createControlFixture, type RunningServer } from '../run/testing/control-fixture.ts'

let fixture: ControlFixture
let server: RunningServer
let port = 0

beforeAll(async () => {
  fixture = await createControlFixture()
  port = await freePort()
})
afterAll(() => fixture[Symbol.asyncDispose]())

const serverUrl = (): string => `http://127.0.0.1:${port}`
const stateOf = (name: string): string => join(fixture.directory, `state-${name}`)

/** A command that prints, and then waits for a file of this name. What is new is backed up at once. */
const slow = (name: string): string =>
  `[sh, "-c", "seq 20000; while ! test -e ${join(fixture.directory, name)}; do sleep 0.05; done"]`
const go = (name: string): Promise<void> => writeFile(join(fixture.directory, name), '')

async function configure(sources: string, agents = 'web-1: {}', listening = ''): Promise<void> {
  await fixture.configure(`
agents: { ${agents} }
sources:
${sources}
server: { listen: "127.0.0.1:${port}", reloadEvery: 200ms${listening} }
tiers:
  quiet: { extends: important, prove: { newest: none, random: none }, backup: "0 0 29 2 *", rpo: none, repositories: first }
`)
}

let lastToken = ''

async function addAgent(name: string): Promise<string> {
  const [added] = await fixture.ask(['agent', 'add', name])
  lastToken = (added as { token: string }).token
  return lastToken
}

async function startAgent(name: string, variables: Readonly<Record<string, string>> = {}): Promise<RunningServer> {
  const own = { HOLDFAST_STATE_DIR: stateOf(name), ...variables }
  return await fixture.start(['agent', '--server', serverUrl()], /works for|waited for/, own)
}

interface RunRow {
  readonly id: string
  readonly state: string
  readonly attempt: number
  readonly worker?: string
  readonly result?: { readonly snapshots?: Readonly<Record<string, string>> }
}

async function runsOf(source: string): Promise<readonly RunRow[]> {
  const [rows] = await fixture.ask(['runs', source, '--operation', 'backup', '--limit', '100'])
  return rows as readonly RunRow[]
}

async function snapshotsOf(source: string): Promise<readonly { id: string; hostname: string; tags: string[] }[]> {
  const words = ['snapshots', '-r', fixture.repositoryPath('first'), '--tag', `source=${source}`]
  return (await fixture.ask(words))[0] as { id: string; hostname: string; tags: string[] }[]
}

/** Said by the server, once that is durable. */
const ended = (source: string): Promise<void> => server.said(new RegExp(`backup of ${source} ended: succeeded`))

describe('an agent', () => {
  test('is let in once, backs up what is its own, and needs its own secret from then on', async () => {
    await configure(`  web: { type: files, paths: ["${fixture.source}"], agent: web-1, tier: quiet }`)
    server = await fixture.serve()
    const token = await addAgent('web-1')
    const without = await fixture.run(['agent', '--server', serverUrl()])
    expect(without).toMatchObject({ exitCode: 1 })
    expect(without.stderr).toContain('there is no enrolment token')
    const agent = await startAgent('web-1', { HOLDFAST_ENROLMENT_TOKEN: token })
    await ended('web')
    expect((await runsOf('web'))[0]?.worker ?? agent.log()).toMatch(/agent\/web-1:|backup of web ended/)
    expect(agent.log()).toContain('backup of web ended: succeeded')
    expect(server.log()).not.toContain('backup of web begins')
    expect(await snapshotsOf('web')).toMatchObject([{ hostname: 'web-1' }])
    // what follows is done by the server
    await server.said(/forget of web in first ended: succeeded/)

    const secretFile = join(stateOf('web-1'), 'agent', 'secret')
    expect((await stat(secretFile)).mode & 0o777).toBe(0o600)
    const secret = (await readFile(secretFile, 'utf8')).trim()
    expect(await agent.end('SIGTERM')).toBe(0)
    const again = await startAgent('web-1')
    await again.said(/works for/)
    for (const log of [server.log(), agent.log(), again.log()]) {
      for (const hidden of [secret, token, password]) expect(log).not.toContain(hidden)
    }

    const second = await fixture.run(['agent', '--server', serverUrl()], { HOLDFAST_STATE_DIR: stateOf('web-1') })
    expect(second).toMatchObject({ exitCode: 1 })
    expect(second.stderr).toContain('another agent works with it')
    const thief = await fixture.run(['agent', '--server', serverUrl()], {
      HOLDFAST_ENROLMENT_TOKEN: token,
      HOLDFAST_STATE_DIR: stateOf('thief'),
    })
    expect(thief).toMatchObject({ exitCode: 1 })
    expect(thief.stderr).toContain('it was used before')
    await server.said(/finding: the enrolment token of agent web-1 was tried a second time/)

    expect((await fixture.run(['agent', 'list'])).stdout).toMatch(/web-1 +connected/)
    expect((await fixture.run(['agent', 'remove', 'web-1'])).exitCode).toBe(0)
    expect(await again.end('SIGTERM')).toBe(0)
    const locked = await fixture.run(['agent', '--server', serverUrl()], { HOLDFAST_STATE_DIR: stateOf('web-1') })
    expect(locked).toMatchObject({ exitCode: 1 })
    // with a new token the same machine comes back
    const back = await startAgent('web-1', { HOLDFAST_ENROLMENT_TOKEN: await addAgent('web-1') })
    await back.said(/works for/)
    await back.end('SIGKILL')
  })

  test('whose server dies in mid-run finishes, and its result counts though it was killed itself', async () => {
    await configure(`  slow: { type: command, command: ${slow('go-1')}, agent: web-1, tier: quiet }`)
    const agent = await startAgent('web-1')
    await agent.said(/backup of slow begins/)
    await server.end('SIGKILL')
    await go('go-1')
    await agent.said(/backup of slow ended: succeeded/)
    const results = join(stateOf('web-1'), 'agent', 'results')
    await expect.poll(() => readdir(results)).toHaveLength(1)
    await agent.end('SIGKILL')
    server = await fixture.serve()
    const again = await startAgent('web-1')
    await again.said(/was delivered/)
    expect(await runsOf('slow')).toMatchObject([{ state: 'succeeded', attempt: 1 }])
    expect(await snapshotsOf('slow')).toHaveLength(1)
    expect(await readdir(results)).toEqual([])
    await again.end('SIGTERM')
  })

  test('whose state directory was copied goes on alone, until a new token lets the copy in instead', async () => {
    await configure(`  web: { type: files, paths: ["${fixture.source}"], agent: web-1, tier: quiet }`)
    await cp(stateOf('web-1'), stateOf('copy'), { recursive: true })
    await (await startAgent('web-1')).end('SIGTERM')
    const agent = await startAgent('web-1')
    const copy = { HOLDFAST_STATE_DIR: stateOf('copy') }
    // as a service that is given the token at each start
    const same = { ...copy, HOLDFAST_ENROLMENT_TOKEN: lastToken }
    const refused = await fixture.run(['agent', '--server', serverUrl()], same)
    expect(refused).toMatchObject({ exitCode: 1 })
    expect(refused.stderr).toMatch(/another process with the secret of agent web-1.*\n.*holdfast agent add web-1/)
    await server.said(/finding: two machines have the secret of agent web-1/)
    const token = await addAgent('web-1')
    const instead = await startAgent('copy', { HOLDFAST_ENROLMENT_TOKEN: token })
    await instead.said(/enrolled as web-1/)
    await instead.said(/works for/)
    await Promise.all([instead.end('SIGTERM'), agent.end('SIGTERM')])
  })

  test('stops what is cancelled, and tells why a backup failed', async () => {
    await configure(`  endless: { type: command, command: ${slow('never')}, agent: web-1, tier: quiet }
  bad: { type: command, command: ["false"], agent: web-1, tier: quiet, retries: 0 }`)
    const agent = await startAgent('copy')
    await agent.said(/backup of endless begins/)
    await fixture.ask(['runs', 'cancel', (await runsOf('endless'))[0]?.id ?? ''])
    await agent.said(/backup of endless ended: cancelled/)
    await server.said(/backup of bad ended: failed.*exit code 1/)
    expect(await runsOf('bad')).toMatchObject([{ state: 'failed', attempt: 1 }])
    expect(await runsOf('endless')).toMatchObject([{ state: 'cancelled' }])
    await agent.end('SIGTERM')
  })

  test('adds through the gateway to a repository that it cannot reach, over TLS of an own authority', async () => {
    await server.end('SIGTERM')
    const { root, server: own } = await makeCertificates(fixture.directory, undefined)
    await configure(
      `  added: { type: files, paths: ["${fixture.source}"], agent: web-2, tier: quiet }
  hidden: { type: files, paths: ["${fixture.source}"], agent: web-3, tier: quiet }`,
      'web-2: { gateway: append-only }, web-3: { gateway: write-only }',
      `, tls: { certificate: "${own.certificate}", key: "${own.key}" }`,
    )
    server = await fixture.start(['serve'], /serving .* on https/)
    for (const name of ['web-2', 'web-3']) {
      const token = await addAgent(name)
      const words = ['agent', '--server', `https://127.0.0.1:${port}`, '--ca', root]
      const variables = { HOLDFAST_STATE_DIR: stateOf(name), HOLDFAST_ENROLMENT_TOKEN: token }
      const agent = await fixture.start(words, /works for/, variables)
      const source = name === 'web-2' ? 'added' : 'hidden'
      await agent.said(new RegExp(`backup of ${source} ended: succeeded`))
      await ended(source)
      expect(await snapshotsOf(source)).toMatchObject([{ hostname: name }])
      expect(await agent.end('SIGTERM')).toBe(0)
    }
    expect(await server.end('SIGTERM')).toBe(0)
  })
})
