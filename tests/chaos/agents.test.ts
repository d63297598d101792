/**
 * Servers and agents on one PostgreSQL: processes are killed and connections cut at random, and every backup that was asked
 * for ends once, with a snapshot that is really there. HOLDFAST_CHAOS_MINUTES says for how long (3 servers and 10 agents; a
 * cut of seconds with 2 and 3 without it), HOLDFAST_TEST_SEED what happens when (7).
 */
import type { ChildProcess } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { quietContext } from '@holdfast/core/context'
import { openRunQueue } from '@holdfast/orchestrator/run/open-run-queue'
import type { Run } from '@holdfast/orchestrator/run/run'
import { expect, test } from 'vitest'
import { SeededRandom } from '../scenario/random.ts'
import { type AgentsSite, openAgentsSite, type SiteSize } from './agents-site.ts'
import { type CuttingBalancer, startCuttingBalancer } from './cutting-balancer.ts'

// oxlint-disable-next-line node/no-process-env
const { HOLDFAST_CHAOS_MINUTES: minutes, HOLDFAST_TEST_SEED: seed = '7' } = process.env
const durationMs = minutes === undefined ? 6_000 : Number(minutes) * 60_000
const size: SiteSize = minutes === undefined ? { servers: 2, agents: 3 } : { servers: 3, agents: 10 }
/** No process does more than so many at a time here; the machine has other things to do. */
const mostWaiting = minutes === undefined ? 2 : 8
const killEveryMs = minutes === undefined ? 2_000 : 2_500
const drainMs = 120_000

interface Crew {
  readonly servers: ChildProcess[]
  readonly agents: ChildProcess[]
}

const exited = (child: ChildProcess): Promise<void> =>
  new Promise((done) => {
    if (child.exitCode !== null || child.signalCode !== null) done()
    else child.once('exit', () => done())
  })

async function backupsOf({ catalogue }: AgentsSite): Promise<readonly Run[]> {
  return await catalogue.runs.list({ operation: 'backup' })
}

const isOpen = ({ endedAt }: Run): boolean => endedAt === undefined

/** Asks for backups, not more at once than are done. */
async function askForBackups(site: AgentsSite, untilMs: number): Promise<void> {
  const random = new SeededRandom(Number(seed) + 1)
  await using queue = await openRunQueue(site.catalogue, quietContext(), { via: 'table' })
  // on a busy machine also later, until there was one for each
  for (let count = 0; Date.now() < untilMs || (await backupsOf(site)).length < size.agents; count++) {
    await pause(150)
    if ((await backupsOf(site)).filter(isOpen).length >= mostWaiting) continue
    const number = random.below(size.agents)
    const source = site.source(number)
    await queue.enqueue({
      operation: 'backup',
      source,
      arguments: {},
      cause: { type: 'manual', by: 'chaos' },
      uniqueKey: `chaos/${count}`,
      exclusiveKeys: [`source/${source}`],
      limitKeys: [`agent/agent-${number}`, 'repository/main'],
      dueAt: new Date(),
      priority: 50,
      timeoutMs: 600_000,
      attempts: 1_000,
    })
  }
}

/** Kills and starts again, agents more often than servers, and cuts connections all the time; says who died how often. */
async function wreak(
  site: AgentsSite,
  balancer: CuttingBalancer,
  crew: Crew,
  untilMs: number,
): Promise<ReadonlyMap<string, number>> {
  const random = new SeededRandom(Number(seed))
  const server = `http://127.0.0.1:${balancer.port}`
  const deaths = new Map<string, number>()
  let nextKillMs = Date.now() + killEveryMs
  while (Date.now() < untilMs) {
    await pause(50 + random.below(400))
    balancer.cut((count) => random.below(Math.max(1, count)))
    if (Date.now() < nextKillMs) continue
    nextKillMs = Date.now() + killEveryMs / 2 + random.below(killEveryMs)
    const isServer = random.below(3) === 0
    const [all, count] = isServer ? [crew.servers, size.servers] : [crew.agents, size.agents]
    const victim = random.below(count)
    const name = `${isServer ? 'server' : 'agent'}-${victim}`
    // who is killed while it starts again and again never comes to do anything
    if (begun(site, name) <= (deaths.get(name) ?? 0)) continue
    deaths.set(name, (deaths.get(name) ?? 0) + 1)
    all[victim]?.kill('SIGKILL')
    await pause(random.below(700))
    all[victim] = isServer ? site.startServer(victim) : await site.startAgent(victim, server)
  }
  return deaths
}

/** How often a process of this name has begun to work. */
function begun(site: AgentsSite, name: string): number {
  return site.log(name).match(/"message":"(?:agent \S+ works for|serving) /g)?.length ?? 0
}

/** How often servers have said of each run that it succeeded. */
function countedEnds(site: AgentsSite): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (let number = 0; number < size.servers; number++) {
    for (const [, run = ''] of site
      .log(`server-${number}`)
      .matchAll(/backup of \S+ ended: succeeded","run":"([^"]+)"/g)) {
      counts.set(run, (counts.get(run) ?? 0) + 1)
    }
  }
  return counts
}

function namesOf(): string[] {
  return [
    ...Array.from({ length: size.servers }, (_, number) => `server-${number}`),
    ...Array.from({ length: size.agents }, (_, number) => `agent-${number}`),
  ]
}

/** What all processes have said, for whoever has to find out why. */
function logsOf(site: AgentsSite): string {
  return namesOf()
    .map((name) => `${name}:\n${site.log(name)}`)
    .join('\n')
}

/** What cannot be: a result without its snapshot, a snapshot of another one's source, a run that ended twice. */
async function untruths(site: AgentsSite): Promise<string[]> {
  const [runs, stored, known] = [await backupsOf(site), await site.snapshots(), await site.catalogue.snapshots.list({})]
  const byId = new Map(stored.map((snapshot) => [snapshot.id, snapshot]))
  const ends = countedEnds(site)
  return [
    ...runs
      .filter(({ state }) => state !== 'succeeded')
      .map(({ id, state, error }) => `${id} is ${state}: ${error?.message}`),
    ...runs
      .filter(({ id, result }) => byId.get(result?.snapshots?.['main'] ?? '')?.run !== id)
      .map(({ id }) => `the snapshot of ${id} is not there`),
    ...known
      .filter(({ snapshotId }) => !byId.has(snapshotId))
      .map(({ snapshotId }) => `${snapshotId} is remembered only`),
    ...stored
      .filter(({ host, source }) => host.replace('agent', 'source') !== source)
      .map(({ id, host, source }) => `${id} of ${source} was made by ${host}`),
    ...[...ends].filter(([, count]) => count > 1).map(([run, count]) => `${run} ended ${count} times`),
  ]
}

test(
  `backups by ${size.agents} agents end once and truly, whoever dies and whatever is cut (seed ${seed})`,
  async () => {
    await using site = await openAgentsSite(size)
    const random = new SeededRandom(Number(seed) + 2)
    await using balancer = await startCuttingBalancer(site.serverPorts, (count) => random.below(count))
    const server = `http://127.0.0.1:${balancer.port}`
    const crew: Crew = { servers: [], agents: [] }
    for (let number = 0; number < size.servers; number++) crew.servers.push(site.startServer(number))
    for (let number = 0; number < size.agents; number++) crew.agents.push(await site.startAgent(number, server))
    const letIn = async () => [...(await site.catalogue.marks.list('agents/seen/'))].length
    const withLogs = (error: unknown): never => {
      throw new Error(logsOf(site), { cause: error })
    }
    await expect.poll(letIn, { interval: 200 }).toBe(size.agents).catch(withLogs)

    const untilMs = Date.now() + durationMs
    const [deaths] = await Promise.all([wreak(site, balancer, crew, untilMs), askForBackups(site, untilMs)])
    const waiting = async () =>
      (await backupsOf(site)).filter(isOpen).map(({ id, state, leasedBy }) => ({ id, state, leasedBy }))
    await expect.poll(waiting, { timeout: drainMs, interval: 500 }).toEqual([]).catch(withLogs)
    // who is still starting up knows no signal yet, or has nothing to bring to an end
    const starting = () => namesOf().filter((name) => begun(site, name) <= (deaths.get(name) ?? 0))
    await expect.poll(starting, { interval: 200 }).toEqual([]).catch(withLogs)
    for (const each of [...crew.agents, ...crew.servers]) each.kill('SIGTERM')
    await Promise.all([...crew.agents, ...crew.servers].map(exited))

    const runs = await backupsOf(site)
    const again = runs.reduce((sum, { attempt }) => sum + attempt - 1, 0)
    const snapshots = await site.snapshots()
    process.stdout.write(
      `${deaths.values().reduce((sum, count) => sum + count, 0)} kills, ${balancer.cuts} cuts, ${runs.length} backups, ${again} begun again, ` +
        `${snapshots.length - runs.length} snapshots whose result came too late\n`,
    )
    expect(await untruths(site), logsOf(site)).toEqual([])
    const ends = [...crew.agents, ...crew.servers].map(({ exitCode, signalCode }) => exitCode ?? signalCode)
    expect(ends.filter((end) => end !== 0)).toEqual([])
    expect(runs.length).toBeGreaterThanOrEqual(size.agents)
  },
  durationMs + drainMs + 120_000,
)
