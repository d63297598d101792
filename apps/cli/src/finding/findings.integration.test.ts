import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import { openCatalogue } from '@holdfast/orchestrator/catalogue/open-catalogue'
import type { Finding } from '@holdfast/orchestrator/finding/finding'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CliFixture, createCliFixture } from '../cli-fixture.ts'

let cli: CliFixture
let channels: string
const bodies: string[] = []
const server = createServer((request, response) => {
  request.on('data', (chunk: Buffer) => bodies.push(chunk.toString('utf8')))
  request.on('end', () => {
    response.writeHead(request.url === '/good' ? 200 : 403).end(`not to ${request.url}`)
  })
})

const finding = (kind: Finding['kind'], severity: Finding['severity'], more: Partial<Finding> = {}): Finding => ({
  key: `${kind}:source/shop`,
  kind,
  severity,
  subject: { source: 'shop' },
  title: `shop is ${kind}\u001b[2J`,
  detail: 'Look.\nThen act.',
  figures: { ageMs: 1 },
  firstSeenAt: new Date('2026-11-21T10:00:00Z'),
  lastSeenAt: new Date('2026-11-21T11:00:00Z'),
  ...more,
})

beforeAll(async () => {
  cli = await createCliFixture()
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  // Boundary: a server that listens on a port has an AddressInfo.
  const { port } = server.address() as AddressInfo
  const path = join(cli.directory, 'state', 'catalogue.db')
  await mkdir(join(cli.directory, 'state'))
  channels = [
    `    good: { type: webhook, url: { text: 'http://127.0.0.1:${port}/good' } }`,
    `    bad: { type: slack, url: { env: SLACK_URL } }`,
  ].join('\n')
  await writeFile(
    join(cli.directory, 'holdfast.yaml'),
    `catalogue: { type: sqlite, path: ${path} }
repositories:
  local: { location: ${cli.repository}, password: { env: HOLDFAST_PASSWORD } }
sources:
  shop: { type: files, paths: [${cli.source}], tier: important }
notifications:
  channels:
${channels}
`,
  )
  await using catalogue = await openCatalogue({ type: 'sqlite', path }, quietContext())
  await catalogue.findings.put([
    finding('overdue', 'warning'),
    finding('log-gap', 'critical'),
    finding('slow', 'warning', { resolvedAt: new Date() }),
  ])
})
afterAll(async () => {
  server.close()
  await cli[Symbol.asyncDispose]()
})
const run = async (...words: string[]) => {
  const { port } = server.address() as AddressInfo
  return cli.run(words, { variables: { SLACK_URL: `http://127.0.0.1:${port}/services/canary-secret` } })
}

describe('holdfast findings', () => {
  it('shows open ones, the most urgent first, and nothing a terminal would obey', async () => {
    const { stdout, exitCode } = await run('findings')
    expect(exitCode).toBe(0)
    expect(stdout.match(/^[✗!·✓] \w+/gmu)).toEqual(['✗ critical', '! warning'])
    expect(stdout).toContain('            Look.\n            Then act.\n            key log-gap:source/shop\n')
    expect(stdout).not.toContain('\u001b')
  })

  it('shows those that ended lately when asked, as JSON for programs', async () => {
    const { stdout } = await run('findings', '--all', '--json')
    expect(JSON.parse(stdout)).toMatchObject([
      { key: 'log-gap:source/shop', severity: 'critical', resolved_at: null, acknowledged: null },
      { key: 'overdue:source/shop' },
      { key: 'slow:source/shop', resolved_at: expect.any(String) },
    ])
  })

  it('acknowledges one, with who and why', async () => {
    const { stdout } = await run('findings', 'acknowledge', 'overdue:source/shop', '--note', 'known', '--by', 'kim')
    expect(stdout).toContain('acknowledged: shop is overdue')
    expect((await run('findings')).stdout).toMatch(/acknowledged by kim, .*: known\n/)
  })

  it('says which key is meant', async () => {
    const { stderr, exitCode } = await run('findings', 'acknowledge', 'overdue:source/shob')
    expect(exitCode).toBe(1)
    expect(stderr).toContain('no open finding has the key overdue:source/shob')
    expect(stderr).toContain('Did you mean overdue:source/shop?')
  })
})

describe('holdfast notify test', () => {
  it('tries all channels, says which took the message, and shows no secret', async () => {
    const { stdout, stderr, exitCode } = await run('notify', 'test')
    expect(exitCode).toBe(1)
    expect(stdout).toContain('✓ good: taken')
    expect(stdout).toContain('✗ bad: channel bad refused the message: it answered 403: not to ***')
    expect(stdout + stderr).not.toContain('canary-secret')
    expect(bodies.join('')).toContain('this is a test of channel good')
  })

  it('tries one', async () => {
    const { stdout, exitCode } = await run('notify', 'test', 'good')
    expect({ stdout, exitCode }).toEqual({ stdout: '✓ good: taken\n', exitCode: 0 })
  })

  it('names those that there are', async () => {
    const { stderr } = await run('notify', 'test', 'pager')
    expect(stderr).toContain('there is no channel pager')
    expect(stderr).toContain('there are: good, bad')
  })
})
