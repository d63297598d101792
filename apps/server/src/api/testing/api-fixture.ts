import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Client, createClient } from '@holdfast/api/client'
import type { Role } from '@holdfast/core/access/role'
import { type Context, quietContext } from '@holdfast/core/context'
import { createToken } from '@holdfast/orchestrator/access/token'
import type { OpenedCatalogue } from '@holdfast/orchestrator/catalogue/open-catalogue'
import { checkProposedConfig } from '@holdfast/orchestrator/config/check-proposed-config'
import type { ConfigSurroundings } from '@holdfast/orchestrator/config/surroundings'
import type { Finding } from '@holdfast/orchestrator/finding/finding'
import { createOperationFixture } from '@holdfast/orchestrator/operation/testing/operation-fixture'
import { openRunQueue } from '@holdfast/orchestrator/run/open-run-queue'
import type { RunQueue } from '@holdfast/orchestrator/run/run-queue'
import { accessPart } from '../../access/access-part.ts'
import { createActNotes } from '../../access/note-act.ts'
import { createEventFeed, type EventFeed } from '../../events/event-feed.ts'
import { openHttp } from '../../http/open-http.ts'
import { createSnapshotReader } from '../../reader/snapshot-reader.ts'
import { createServerLog } from '../../server-log.ts'
import { loadServedConfig } from '../../task/load-served-config.ts'
import { factsOf } from '../../task/machine-facts.ts'
import { apiPart } from '../api-part.ts'
import type { ApiSurroundings } from '../api-surroundings.ts'
import { createStatusReader } from '../current-status.ts'

/** What must never be seen outside: passwords of repositories and databases, an address of a channel, variables. */
export const canaries = {
  repository: 'correct horse',
  database: 'canary-3f9a-database',
  channel: 'canary-77c1-channel',
  variable: 'canary-b5d2-variable',
} as const

/** For tests: a server with everything that answers and nobody who does runs, on a clock of its own. */
export interface ApiFixture extends AsyncDisposable {
  readonly directory: string
  /** "http://127.0.0.1:…" */
  readonly address: string
  readonly catalogue: OpenedCatalogue
  readonly queue: RunQueue
  readonly feed: EventFeed
  readonly ctx: Context
  /** of the only backup, in the repository "first" */
  readonly snapshotId: string
  advance(ms: number): void
  /** A token of this role, limited to these sources. */
  token(role: Role, sources?: readonly string[]): Promise<string>
  client(token: string | undefined): Client
  /** every line that was logged */
  log(): readonly string[]
}

export async function openApiFixture(): Promise<ApiFixture> {
  await using stack = new AsyncDisposableStack()
  const base = stack.use(
    await createOperationFixture((directory) => ({
      sources: { shop: { type: 'files', paths: [join(directory, 'data')], tier: 'temporary' } },
    })),
  )
  const { directory, catalogue } = base
  mkdirSync(join(directory, 'data', 'folder'), { recursive: true })
  writeFileSync(join(directory, 'data', 'file.txt'), 'what is in the file\n')
  const { result } = await base.perform('backup', { source: 'shop' })
  let aheadMs = 0
  const ctx = quietContext({ now: () => new Date(Date.now() + aheadMs) })
  const configPath = join(directory, 'holdfast.yaml')
  writeFiles(directory, configPath)
  const variables: Readonly<Record<string, string>> = {
    DB_PASSWORD: canaries.database,
    HOOK_URL: `http://127.0.0.1:9/${canaries.channel}`,
    OTHER: canaries.variable,
  }
  const surroundings: ConfigSurroundings = {
    variables: (name) => variables[name],
    ...{ hostname: 'test-host', timeZone: 'UTC', stateDirectory: directory },
  }
  let served = await loadServedConfig(configPath, surroundings, ctx)
  const queue = stack.use(await openRunQueue(catalogue, ctx))
  const lines: string[] = []
  const log = createServerLog({ write: (line) => lines.push(line) }, () => ctx.now())
  const feed = createEventFeed(catalogue)
  const machine = {
    ...base.machine,
    resolveSecret: async (reference: object) =>
      'env' in reference ? (variables[String(reference.env)] ?? '') : canaries.repository,
  }
  const api: ApiSurroundings = {
    ...{ catalogue, queue, machine, log, configPath, feed, leaseMs: 180_000 },
    status: createStatusReader(catalogue, () => served.config),
    config: () => served.config,
    served: () => served,
    reload: async (own) => {
      served = await loadServedConfig(configPath, surroundings, own)
      return 'unchanged'
    },
    checkConfig: (text, own) => checkProposedConfig(configPath, text, surroundings, own),
    reader: stack.use(createSnapshotReader({ machine: factsOf(machine) })),
    ended: () => {},
    audit: createActNotes(catalogue, log),
  }
  const access = accessPart({ catalogue, settings: served.config.server, readAgentSecret: async () => undefined }, ctx)
  const http = stack.use(
    await openHttp(
      { host: '127.0.0.1', port: 0 },
      {
        readiness: async () => 'ready',
        metrics: async () => ({ contentType: 'text/plain', text: '' }),
        failed: (error) => log.failure('a request could not be answered', error),
      },
      [access, apiPart(api, ctx)],
    ),
  )
  await fill(catalogue, ctx)
  const address = `http://${http.address}`
  let made = 0
  const open = stack.move()
  return {
    ...{ directory, address, catalogue, queue, feed, ctx },
    snapshotId: result.snapshots?.['first'] ?? '',
    advance: (ms) => void (aheadMs += ms),
    async token(role, sources) {
      const draft = { name: `test-${++made}`, role, ...(sources !== undefined && { sources }) }
      return (await createToken(draft, catalogue, ctx)).secret
    },
    client: (token) => createClient({ baseUrl: address, ...(token !== undefined && { token }) }),
    log: () => lines,
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

function writeFiles(directory: string, configPath: string): void {
  writeFileSync(join(directory, 'password'), `${canaries.repository}\n`, { mode: 0o600 })
  writeFileSync(
    configPath,
    `repositories:
  first: { location: ./first, password: { file: ./password } }
  second: { location: ./second, password: { file: ./password }, medium: object, offSite: true }
sources:
  shop: { type: files, paths: [${directory}/data], tier: important }
  wiki: { type: files, paths: [${directory}/wiki], tier: temporary, repositories: [second] }
  db: { type: postgresql, connection: 'postgresql://reader@127.0.0.1:9/db', password: { env: DB_PASSWORD }, tier: temporary }
applications:
  store: { sources: [shop, db] }
notifications:
  channels:
    hook: { type: webhook, url: { env: HOOK_URL } }
  routes:
    - { channels: [hook] }
agents:
  web-1: {}
server: { auth: required, restoreTo: [${directory}/restored] }
`,
  )
}

/** One of everything that is not there by the backup: a proof and findings, of sources and of a repository. */
async function fill({ proofs, findings }: OpenedCatalogue, { now }: Context): Promise<void> {
  const at = new Date(now().getTime() - 3_600_000)
  await proofs.add({
    ...{ id: 'proof-1', source: 'shop', repository: 'first', snapshotId: 'a'.repeat(64), verdict: 'passed' },
    ...{ target: 'newest', endedAt: at, recoveryMs: 1500, bytes: 20 },
    checks: JSON.stringify([{ name: 'restored', subject: '', verdict: 'passed', evidence: '1 file', durationMs: 3 }]),
  })
  const finding = (kind: Finding['kind'], subject: Finding['subject'], key: string): Finding => ({
    ...{
      kind,
      subject,
      key,
      severity: 'warning',
      title: `${key} was seen`,
      detail: 'Look at it.',
      figures: { ageMs: 5 },
    },
    ...{ firstSeenAt: at, lastSeenAt: at },
  })
  await findings.put([
    finding('overdue', { source: 'wiki' }, 'overdue:source/wiki'),
    finding('failed', { source: 'shop' }, 'failed:source/shop'),
    finding('capacity', { repository: 'first' }, 'capacity:repository/first'),
    { ...finding('slow', { source: 'shop' }, 'slow:source/shop'), resolvedAt: at },
  ])
}
