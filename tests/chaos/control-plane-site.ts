/** What the processes of the control plane's chaos test and the test itself agree upon. */
import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import { effectiveConfigOf } from '@holdfast/core/config/testing/effective-config-fixture'
import type { RunQueueOptions } from '@holdfast/orchestrator/run/open-run-queue'

/** Everything a process is told, as JSON in its only argument. */
export interface ChaosOrders {
  readonly worker: string
  readonly connection: string
  readonly via: NonNullable<RunQueueOptions['via']>
  /** a line for each beginning and end of an execution */
  readonly journal: string
  readonly clock: FastClock
}

/** Once this file is there, nothing is scheduled any more. */
export const scheduleEnd = (journal: string): string => `${journal}.over`

/** Has a line with the number of each process that has come to work. */
export const begunFile = (journal: string): string => `${journal}.begun`

/** A clock on which an hour passes in a minute, and which is always behind the real one. */
export interface FastClock {
  readonly realStartMs: number
  readonly simulatedStartMs: number
}

export const speed = 60
export const minuteMs = 60_000
export const leaseMs = 4_000

export function simulated({ realStartMs, simulatedStartMs }: FastClock, realMs: number): number {
  return simulatedStartMs + (realMs - realStartMs) * speed
}

/** Six sources with a backup each minute of the fast clock. */
export function chaosConfig(): EffectiveConfig {
  const rarely = { schedule: { cron: '0 0 29 2 *', jitter: '0' } }
  const source = {
    type: 'files',
    paths: ['/srv/data'],
    backup: { cron: '* * * * *', jitter: '0' },
    prove: { newest: 'none', random: 'none' },
    repositories: ['local'],
    keep: { last: 1 },
  }
  const config = effectiveConfigOf({
    repositories: {
      local: { location: '/srv/backup', password: { env: 'HOLDFAST_PASSWORD' }, prune: rarely, check: rarely },
    },
    sources: Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => [name, source])),
  })
  // Its process may be killed any number of times.
  const sources = [...config.sources].map(([name, settings]) => [name, { ...settings, retries: 10_000 }] as const)
  return { ...config, sources: new Map(sources) }
}

export interface Execution {
  readonly runId: string
  readonly source: string
  readonly pid: number
  readonly startMs: number
  /** absent: its process was killed */
  readonly endMs?: number
}

export function journalLine(what: 'start' | 'end', runId: string, source: string): string {
  return `${what} ${runId} ${source} ${process.pid} ${performance.timeOrigin + performance.now()}\n`
}

/** In the order of their beginnings. */
export function readExecutions(journal: string): readonly Execution[] {
  const executions: Execution[] = []
  for (const line of journal.split('\n').slice(0, -1)) {
    const [what = '', runId = '', source = '', pid = '', at = ''] = line.split(' ')
    if (what === 'start') executions.push({ runId, source, pid: Number(pid), startMs: Number(at) })
    else {
      const begun = executions.findLastIndex((each) => each.runId === runId && each.pid === Number(pid))
      const execution = executions[begun]
      if (execution !== undefined) executions[begun] = { ...execution, endMs: Number(at) }
    }
  }
  return executions
}

/** A look at all schedules that came to its end. */
export interface Tick {
  readonly startMs: number
  readonly endMs: number
  /** ids of schedules that it left to the end of the run before, as the catalogue had it */
  readonly held: readonly string[]
}

export function tickLine({ startMs, endMs, held }: Tick): string {
  return `${[startMs, endMs, ...held].join(' ')}\n`
}

export function readTicks(text: string): readonly Tick[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const [startMs, endMs, ...held] = line.split(' ')
      return { startMs: Number(startMs), endMs: Number(endMs), held }
    })
}
