/** `holdfast serve` and its companions as their users run them: real processes, PostgreSQL, restic. */
import { execFile } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type PostgresServer, startPostgres } from '@holdfast/connectors/postgresql/testing/postgres-server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { password } from '../cli-fixture.ts'
import {
  type ControlFixture,
  createControlFixture,
  openWebhook,
  type RunningServer,
  type Webhook,
} from './testing/control-fixture.ts'

const stack = new AsyncDisposableStack()
let fixture: ControlFixture
let database: PostgresServer
let webhook: Webhook

beforeAll(async () => {
  fixture = stack.use(await createControlFixture())
  webhook = stack.use(await openWebhook())
  database = stack.use(await startPostgres({ initdbArguments: ['--wal-segsize=1'] }))
  await database.sql('CREATE TABLE load (id serial, text text)')
})
afterAll(() => stack.disposeAsync())

interface RunRow {
  readonly operation: string
  readonly source?: string
  readonly attempt: number
}

async function runsOf(source: string): Promise<readonly RunRow[]> {
  const [rows] = await fixture.ask(['runs', source, '--limit', '100'])
  return rows as readonly RunRow[]
}

async function metric(server: RunningServer, name: string): Promise<number> {
  const text = await (await fetch(`${server.address}/metrics`)).text()
  const line = text.split('\n').find((each) => each.startsWith(`${name} `))
  return Number(line?.slice(name.length + 1))
}

const findings = (): string[] =>
  webhook.received.flatMap((body) =>
    (body as { findings: { event: string; kind: string; subject: { source?: string } }[] }).findings.map(
      ({ event, kind, subject }) => `${event} ${kind} ${subject.source ?? ''}`.trim(),
    ),
  )

const restic = promisify(execFile)
async function resticCheck(repository: string): Promise<string> {
  const env = { ...process.env, RESTIC_PASSWORD: password, RESTIC_CACHE_DIR: join(fixture.directory, 'restic') }
  return (await restic('restic', ['-r', repository, 'check', '--read-data'], { env })).stdout
}

const common = (): string => `
notifications:
  channels:
    hook: { type: webhook, url: "${webhook.url}" }
  routes:
    - { channels: [hook], groupFor: 0s, minimumSeverity: warning }
server: { listen: "127.0.0.1:0", reloadEvery: 200ms }
tiers:
  quiet:
    extends: important
    rpo: 24h
    prove: { newest: none, random: none }
`

describe('a server', () => {
  const sources = (flaky: string): string => `
sources:
  web: { type: files, paths: ["${fixture.source}"], tier: quiet, copyMethod: fan-out }
  dump: { type: command, command: [seq, "2000"], tier: quiet, copyMethod: copy }
  flaky: { type: command, command: [${flaky}], tier: quiet, repositories: first, retries: 0 }
  shop:
    type: postgresql
    connection: "${database.url()}"
    flushEvery: 300ms
    tier: quiet
    repositories: first
    log: continuous
${common()}`

  test('backs up, copies, follows, proves, tells and ends as the configuration says', async () => {
    await fixture.configure(sources('"false"'))
    const server = await fixture.serve()
    await server.said(/copy of dump to second ended: succeeded/)
    await server.said(/forget of web in second ended: succeeded/)
    await server.said(/backup of shop ended: succeeded/)

    // the log: what was committed just now can be recovered
    await database.sql(`INSERT INTO load (text) VALUES ('after the backup')`)
    const committedAt = Date.now() / 1000
    const restorable = () => metric(server, 'holdfast_source_newest_restorable_timestamp_seconds{source="shop"}')
    await expect.poll(restorable, { interval: 300 }).toBeGreaterThan(committedAt)

    // a failing source is told of, and so is its end, which a changed configuration brings
    await expect.poll(findings).toContain('opened failed flaky')
    await fixture.configure('sources: [')
    await server.said(/configuration stays as it was/)
    expect(await metric(server, 'holdfast_configuration_valid')).toBe(0)
    await fixture.configure(sources('seq, "10"'))
    await server.said(/configuration was read again/)
    const byHand = await fixture.run(['run', 'backup', 'flaky'])
    expect(byHand, byHand.stderr + byHand.stdout).toMatchObject({ exitCode: 0 })
    await expect.poll(findings).toContain('resolved failed flaky')

    const proof = await fixture.run(['run', 'verify', 'shop'])
    expect(proof, proof.stderr + proof.stdout).toMatchObject({ exitCode: 0 })
    expect(await metric(server, 'holdfast_source_copies{source="web"}')).toBe(2)
    expect(await metric(server, 'holdfast_source_proof_passed{source="shop"}')).toBe(1)
    expect(await metric(server, 'holdfast_configuration_valid')).toBe(1)
    expect((await fetch(`${server.address}/readyz`)).status).toBe(200)
    expect(server.log()).not.toContain(password)
    expect(await server.end('SIGTERM')).toBe(0)
    expect(server.log()).toContain('brought to an end')
    for (const name of ['first', 'second'] as const) {
      expect(await resticCheck(fixture.repositoryPath(name))).toContain('no errors were found')
    }
  })

  test('that is killed in the middle of a backup does it again, and what is listed is whole', async () => {
    const path = join(fixture.directory, 'go')
    const slow = `sh, "-c", "seq 200000; while ! test -e ${path}; do sleep 0.1; done"`
    await fixture.configure(`
sources:
  slow: { type: command, command: [${slow}], tier: quiet, repositories: first }
${common()}`)
    const first = await fixture.serve(['--lease', '6s'])
    await first.said(/backup of slow begins/)
    await first.end('SIGKILL')
    await writeFile(path, '')
    const second = await fixture.serve(['--lease', '6s'])
    await second.said(/backup of slow ended: succeeded/)
    expect(await second.end('SIGTERM')).toBe(0)
    const backups = (await runsOf('slow')).filter(({ operation }) => operation === 'backup')
    expect(backups).toMatchObject([{ attempt: 2, state: 'succeeded' }])
    expect(await resticCheck(fixture.repositoryPath('first'))).toContain('no errors were found')
  })
})

describe('without a server', () => {
  test('run-due does what is due once, says what failed, and what was lost is rebuilt', async () => {
    await rm(join(fixture.directory, 'state'), { recursive: true, force: true })
    await fixture.configure(`
sources:
  files: { type: files, paths: ["${fixture.source}"], tier: quiet, copyMethod: copy }
  bad: { type: command, command: ["false"], tier: quiet, repositories: first, retries: 0 }
${common()}`)
    const due = await fixture.run(['run-due'])
    expect(due, due.stderr).toMatchObject({ exitCode: 1 })
    expect(due.stdout).toContain('backup files: succeeded')
    expect(due.stdout).toContain('copy files → second: succeeded')
    expect(due.stdout).toContain('backup bad: failed')
    expect(due.stdout).toContain('exit code 1')
    expect(findings()).toContain('opened failed bad')
    const again = await fixture.run(['run-due'])
    expect(again, again.stderr).toMatchObject({ exitCode: 0 })
    expect(again.stdout).toContain('nothing is due')
    expect((await fixture.run(['run', 'verify', 'files'])).exitCode).toBe(0)

    await rm(join(fixture.directory, 'state'), { recursive: true, force: true })
    const rebuilt = await fixture.run(['catalogue', 'rebuild'])
    expect(rebuilt, rebuilt.stderr).toMatchObject({ exitCode: 0 })
    const status = await fixture.run(['status', 'files'])
    expect(status.stdout).toMatch(/files .*2 of 2/)
    expect(status.stdout).not.toMatch(/files .*never/)
    // its backup is not due again just because the catalogue was lost
    expect((await fixture.run(['run-due'])).stdout).not.toContain('backup files')
  })
})
