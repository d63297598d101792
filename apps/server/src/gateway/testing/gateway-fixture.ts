import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import { effectiveConfigOf } from '@holdfast/core/config/testing/effective-config-fixture'
import { quietContext } from '@holdfast/core/context'
import type { Catalogue } from '@holdfast/orchestrator/catalogue/catalogue'
import { openCatalogue } from '@holdfast/orchestrator/catalogue/open-catalogue'
import type { Machine } from '@holdfast/orchestrator/operation/machine'
import type { Run } from '@holdfast/orchestrator/run/run'
import { blankRun } from '@holdfast/orchestrator/run/testing/blank-run'
import { initRepository } from '@holdfast/repository/open/init-repository'
import { openRepository } from '@holdfast/repository/open/open-repository'
import type { Repository } from '@holdfast/repository/repository'
import { createLocalBackend } from '@holdfast/storage/local/local-backend'
import { openHttp } from '../../http/open-http.ts'
import { createServerLog } from '../../server-log.ts'
import { gatewayPart } from '../gateway-part.ts'

export type FixtureAgent = 'web' | 'vault' | 'other'

/**
 * For tests: a gateway on a free port of the loopback address. The agent "web" may append to "shared" (sources site,
 * shop), "vault" may only write to it (source papers), "other" may append to "foreign" (source archive),
 * 64 KiB a day.
 */
export interface GatewayFixture extends AsyncDisposable {
  readonly directory: string
  readonly catalogue: Catalogue
  readonly password: string
  /** "http://127.0.0.1:…" */
  readonly origin: string
  readonly secrets: Readonly<Record<FixtureAgent, string>>
  /** what restic takes for a repository: "rest:http://web:…@127.0.0.1:…/gateway/shared/" */
  location(agent: FixtureAgent, repository?: string): string
  repositoryPath(name: 'shared' | 'foreign'): string
  /** past the gateway */
  open(name: 'shared' | 'foreign'): Promise<Repository>
  /** As the queue would: the gateway knows the run from now on. */
  giveRun(run: Partial<Run> & { readonly id: string }): void
  log(): string
}

const password = 'correct horse'
const cheapKey = { identity: { username: 'test', hostname: 'test' }, cost: { N: 2, r: 1, p: 1 } } as const

export async function createGatewayFixture(): Promise<GatewayFixture> {
  const ctx = quietContext()
  await using stack = new AsyncDisposableStack()
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-gateway-'))
  stack.defer(() => rmSync(directory, { recursive: true, force: true }))
  const repositoryPath = (name: string): string => join(directory, name)
  for (const name of ['shared', 'foreign']) {
    await initRepository(createLocalBackend(repositoryPath(name)), password, cheapKey, ctx)
  }
  await mkdir(join(directory, 'site'))
  const config = configOf(directory, repositoryPath)
  const catalogue = stack.use(await openCatalogue({ type: 'sqlite', path: join(directory, 'catalogue.db') }, ctx))
  const secrets = { web: newSecret(), vault: newSecret(), other: newSecret() }
  const runs = new Map<string, Run>()
  let text = ''
  const log = createServerLog({ write: (line) => (text += line) }, () => new Date())
  const part = gatewayPart(
    {
      ...{ config: () => config, machine: machineOf(directory), log },
      catalogue: {
        marks: catalogue.marks,
        runs: { ...catalogue.runs, get: (id) => Promise.resolve(runs.get(id)) },
      },
      readAgentSecret: (secret) => Promise.resolve(Object.entries(secrets).find(([, known]) => known === secret)?.[0]),
    },
    ctx,
  )
  const answers = {
    readiness: () => Promise.resolve('ready' as const),
    metrics: () => Promise.resolve({ contentType: 'text/plain', text: '' }),
    failed: (error: unknown) => (text += `FAULT ${String(error)}\n`),
  }
  const http = stack.use(await openHttp({ host: '127.0.0.1', port: 0 }, answers, [part]))
  const open = stack.move()
  return {
    ...{ directory, catalogue, password, secrets, repositoryPath },
    origin: `http://${http.address}`,
    location: (agent, repository = agent === 'other' ? 'foreign' : 'shared') =>
      `rest:http://${agent}:${secrets[agent]}@${http.address}/gateway/${repository}/`,
    open: (name) => openRepository(createLocalBackend(repositoryPath(name)), password, {}, ctx),
    giveRun(run) {
      const given = { operation: 'backup', state: 'running', startedAt: new Date() } as const
      runs.set(run.id, { ...blankRun(run.id), ...given, ...run })
    },
    log: () => text,
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

function newSecret(): string {
  return randomBytes(24).toString('base64url')
}

function configOf(directory: string, repositoryPath: (name: string) => string): EffectiveConfig {
  const place = (name: string) => ({ location: repositoryPath(name), password: { env: 'PASSWORD' } })
  const files = (agent: string, repository: string) => ({
    ...{ type: 'files', paths: [join(directory, 'site')], tier: 'important', agent },
    repositories: [repository],
  })
  return effectiveConfigOf({
    repositories: { shared: place('shared'), foreign: place('foreign') },
    agents: {
      web: { gateway: 'append-only' },
      vault: { gateway: 'write-only' },
      other: { gateway: 'append-only', storesPerDay: '64KiB' },
    },
    sources: {
      site: files('web', 'shared'),
      shop: {
        ...{ type: 'postgresql', connection: 'postgresql://db/shop', tier: 'important', log: 'off', agent: 'web' },
        repositories: ['shared'],
      },
      papers: files('vault', 'shared'),
      archive: files('other', 'foreign'),
    },
  })
}

function machineOf(directory: string): Machine {
  return {
    variable: () => undefined,
    resolveSecret: () => Promise.resolve(password),
    random: () => 0.5,
    identity: { hostname: 'server', username: 'test', pid: process.pid, uid: 0, gid: 0 },
    homeDirectory: directory,
    temporaryDirectory: directory,
    cacheDirectory: undefined,
    version: '0',
    workers: 2,
  }
}
