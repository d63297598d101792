/** Servers and agents in small: a directory with a repository, a PostgreSQL, and the processes themselves. */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startPostgres } from '@holdfast/connectors/postgresql/testing/postgres-server'
import { quietContext } from '@holdfast/core/context'
import { freePort } from '@holdfast/core/testing/free-ports'
import { inviteAgent } from '@holdfast/orchestrator/agent/agent-enrolment'
import { openCatalogue, type OpenedCatalogue } from '@holdfast/orchestrator/catalogue/open-catalogue'
import { cheapenKey } from '@holdfast/repository/key/testing/cheapen-key'
import { initRepository } from '@holdfast/repository/open/init-repository'
import { openRepository } from '@holdfast/repository/open/open-repository'
import { listSnapshots } from '@holdfast/repository/snapshot/list-snapshots'
import { createLocalBackend } from '@holdfast/storage/local/local-backend'

export interface SiteSize {
  readonly servers: number
  readonly agents: number
}

export interface StoredSnapshot {
  readonly id: string
  readonly host: string
  readonly source: string
  readonly run: string
}

export interface AgentsSite extends AsyncDisposable {
  readonly catalogue: OpenedCatalogue
  readonly serverPorts: readonly number[]
  /** source of an agent, by number */
  source(agent: number): string
  startServer(number: number): ChildProcess
  startAgent(number: number, server: string): Promise<ChildProcess>
  /** what the process of this name has said in all of its lives */
  log(name: string): string
  /** backups in the repository now */
  snapshots(): Promise<readonly StoredSnapshot[]>
}

const launcher = fileURLToPath(new URL('../../apps/cli/bin/holdfast.js', import.meta.url))
const password = 'a password for chaos'
const ctx = quietContext()

export async function openAgentsSite({ servers, agents }: SiteSize): Promise<AgentsSite> {
  await using stack = new AsyncDisposableStack()
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-agents-'))
  stack.defer(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }))
  const place = (...names: string[]): string => join(directory, ...names)
  const postgres = stack.use(await startPostgres())
  const repositoryPath = place('repository')
  await initRepository(
    createLocalBackend(repositoryPath),
    password,
    { identity: { username: 'test', hostname: 'test' } },
    ctx,
  )
  await cheapenKey(repositoryPath, password)
  writeFileSync(place('password'), password, { mode: 0o600 })
  const serverPorts: number[] = []
  for (let number = 0; number < servers; number++) {
    serverPorts.push(await freePort())
    const config = configOf({ agents, port: serverPorts[number] ?? 0, connection: postgres.url(), directory })
    writeFileSync(place(`server-${number}.yaml`), JSON.stringify(config))
  }
  for (let number = 0; number < agents; number++) {
    mkdirSync(place(`data-${number}`))
    writeFileSync(place(`data-${number}`, 'file'), `of agent ${number}`)
  }
  const catalogue = stack.use(await openCatalogue({ type: 'postgresql', connection: postgres.url() }, ctx))
  const started: ChildProcess[] = []
  stack.defer(() => started.forEach((each) => each.kill('SIGKILL')))
  const start = (name: string, words: readonly string[], variables: Readonly<Record<string, string>>): ChildProcess => {
    const { PATH, HOME, NODE_COMPILE_CACHE } = process.env
    const log = openSync(place(`${name}.log`), 'a')
    const env = { PATH, HOME, NODE_COMPILE_CACHE, TZ: 'UTC', XDG_CACHE_HOME: place('cache'), ...variables }
    const child = spawn(process.execPath, [launcher, ...words], { env, cwd: directory, stdio: ['ignore', log, log] })
    closeSync(log)
    started.push(child)
    return child
  }
  const tokens = new Map<number, string>()
  const opened = stack.move()
  return {
    catalogue,
    serverPorts,
    source: (agent) => `source-${agent}`,
    startServer: (number) =>
      start(
        `server-${number}`,
        ['serve', '--lease', '4s', '--grace', '3s', '--config', place(`server-${number}.yaml`)],
        {
          HOLDFAST_STATE_DIR: place(`server-state-${number}`),
        },
      ),
    async startAgent(number, server) {
      const token = tokens.get(number) ?? (await inviteAgent(catalogue.marks, `agent-${number}`, 3_600_000, ctx)).token
      tokens.set(number, token)
      return start(`agent-${number}`, ['agent', '--server', server, '--grace', '3s'], {
        HOLDFAST_STATE_DIR: place(`agent-state-${number}`),
        HOLDFAST_ENROLMENT_TOKEN: token,
      })
    },
    log: (name) => (readdirSync(directory).includes(`${name}.log`) ? readFileSync(place(`${name}.log`), 'utf8') : ''),
    async snapshots() {
      const repository = await openRepository(createLocalBackend(repositoryPath), password, {}, ctx)
      const listed = await listSnapshots(repository, {}, ctx)
      const backups = listed.filter(({ snapshot: { tags } }) => tags.some((tag) => tag.startsWith('run=')))
      return backups.map(({ id, snapshot: { hostname, tags } }) => {
        const tag = (name: string): string =>
          tags.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1) ?? ''
        return { id, host: hostname ?? '', source: tag('source'), run: tag('run') }
      })
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

interface ServerPlace {
  readonly agents: number
  readonly port: number
  readonly connection: string
  readonly directory: string
}

function configOf({ agents, port, connection, directory }: ServerPlace) {
  const rarely = { schedule: { cron: '0 0 29 2 *', jitter: '0' } }
  const numbers = Array.from({ length: agents }, (_, number) => number)
  return {
    host: 'site',
    catalogue: { type: 'postgresql', connection },
    repositories: {
      main: {
        location: join(directory, 'repository'),
        password: { file: join(directory, 'password') },
        prune: rarely,
        check: rarely,
        limits: { concurrency: 20 },
      },
    },
    tiers: {
      chaos: {
        backup: { cron: '0 0 29 2 *', jitter: '0' },
        repositories: ['main'],
        prove: { newest: 'none', random: 'none' },
        keep: { last: 1_000_000 },
        retries: 20,
      },
    },
    agents: Object.fromEntries(numbers.map((number) => [`agent-${number}`, {}])),
    sources: Object.fromEntries(
      numbers.map((number) => [
        `source-${number}`,
        { type: 'files', paths: [join(directory, `data-${number}`)], tier: 'chaos', agent: `agent-${number}` },
      ]),
    ),
    server: { listen: `127.0.0.1:${port}`, discovery: 'off' },
  }
}
