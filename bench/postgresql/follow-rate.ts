import { spawn } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseLsn } from '@holdfast/connectors/postgresql/wal/lsn'
import { measureProcess } from '../measure-process.ts'
import type { Cluster } from './cluster.ts'
import { environment, holdfastProgram, source } from './contender.ts'

/** How fast Holdfast took WAL that was waiting for it, until all of it was durable in the repository. */
export interface FollowRate {
  readonly walBytes: number
  /** from the start of the program */
  readonly seconds: number
  /** of the processors, the program's own */
  readonly cpuSeconds: number
  readonly peakBytes: number
}

/** Makes WAL behind a slot, then follows it into a new repository. */
export async function measureFollowing(
  cluster: Cluster,
  directory: string,
  makeWal: () => Promise<void>,
): Promise<FollowRate> {
  const repository = join(directory, 'holdfast-log')
  const slot = 'bench'
  rmSync(repository, { recursive: true, force: true })
  const program = [...holdfastProgram, '--repo', repository, '--no-cache']
  await measureProcess([...program, 'init'], environment)
  await cluster.sql(`SELECT pg_create_physical_replication_slot('${slot}', true)`)
  const from = await lsn(cluster, 'SELECT pg_current_wal_lsn()')
  await makeWal()
  const to = await lsn(cluster, 'SELECT pg_current_wal_flush_lsn()')
  try {
    const url = `postgresql://postgres@/postgres?host=${encodeURIComponent(cluster.socketDirectory)}&port=${cluster.port}`
    const measured = await follow(
      [...program, '--json', 'follow', url, '--source', source, '--slot', slot, '--flush-every', '1s'],
      to,
    )
    return { walBytes: Number(to - from), ...measured }
  } finally {
    await cluster.sql(`SELECT pg_drop_replication_slot('${slot}')`)
    rmSync(repository, { recursive: true, force: true })
  }
}

async function follow(
  [program = '', ...parameters]: readonly string[],
  until: bigint,
): Promise<Omit<FollowRate, 'walBytes'>> {
  const started = performance.now()
  const child = spawn(program, parameters, { env: environment, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise((resolve) => child.once('close', resolve))
  let seconds: number | undefined
  let [peakBytes, cpuSeconds] = [0, 0]
  for await (const line of createInterface({ input: child.stdout })) {
    const durable = durableOf(line)
    if (seconds !== undefined || durable === undefined || durable < until) continue
    seconds = (performance.now() - started) / 1000
    const status = readFileSync(`/proc/${child.pid}/status`, 'latin1')
    cpuSeconds = cpuSecondsOf(child.pid ?? 0)
    peakBytes = Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024
    child.kill('SIGTERM')
  }
  await ended
  if (seconds === undefined) throw new Error('following ended before all WAL was durable')
  return { seconds, cpuSeconds, peakBytes }
}

/** User and system, of all threads so far. */
function cpuSecondsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /s, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** Of a line such as {"message_type":"log","durable":"1/2000000", …}. */
function durableOf(line: string): bigint | undefined {
  // boundary: lines of our own program
  const message = JSON.parse(line) as { message_type?: string; durable?: string }
  return message.message_type === 'log' && message.durable !== undefined ? parseLsn(message.durable) : undefined
}

async function lsn(cluster: Cluster, sql: string): Promise<bigint> {
  const [row] = await cluster.sql(sql)
  const value = parseLsn(row?.[0] ?? '')
  if (value === undefined) throw new Error(`no position: ${row?.[0]}`)
  return value
}
