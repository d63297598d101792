import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { setTimeout } from 'node:timers/promises'

/** What one run of a program cost. */
export interface Measurement {
  /** from start to exit, by the wall clock */
  readonly seconds: number
  /** of the processor, user and system, the program and its children */
  readonly cpuSeconds: number
  /** highest resident memory of the process tree, in bytes */
  readonly peakBytes: number
  /** false when other processes took so much of the processor that the time says little */
  readonly clean: boolean
  readonly output: string
}

const pollMs = 20
const ticksPerSecond = 100
const pageBytes = 4096

/**
 * Runs a program to its end and measures it (Linux: by /proc). Throws when its exit code is not 0, or when it has not
 * ended after `timeLimitMs`. What this process and others that it started work meanwhile, such as a server, does not
 * count as disturbance.
 */
export async function measureProcess(
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
  timeLimitMs = 3600_000,
): Promise<Measurement> {
  const [program = '', ...parameters] = command
  const busyBefore = busySeconds()
  const ownBefore = readTree(process.pid).cpuSeconds
  const started = performance.now()
  const child = spawn(program, parameters, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
  // A benchmark that is stopped must not leave the program it measures behind.
  const stop = (): boolean => child.kill('SIGKILL')
  process.prependOnceListener('exit', stop)
  let late = false
  const limit = globalThis.setTimeout(() => (late = stop()), timeLimitMs)
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text))
  let peakBytes = 0
  let cpuSeconds = 0
  const ended = Promise.withResolvers<number | null>()
  child.on('error', ended.reject)
  let seconds = 0
  child.on('exit', () => (seconds = (performance.now() - started) / 1000))
  child.on('close', (code) => ended.resolve(code))
  while (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
    const tree = readTree(child.pid)
    peakBytes = Math.max(peakBytes, tree.residentBytes)
    cpuSeconds = Math.max(cpuSeconds, tree.cpuSeconds)
    await Promise.race([setTimeout(pollMs), ended.promise])
  }
  const code = await ended.promise.finally(() => process.off('exit', stop))
  clearTimeout(limit)
  if (late) throw new Error(`${command.join(' ')} has not ended after ${timeLimitMs / 1000} s`)
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}:\n${output}`)
  const others = busySeconds() - busyBefore - (readTree(process.pid).cpuSeconds - ownBefore)
  const clean = others <= Math.max(0.3, 0.1 * seconds * availableParallelism())
  return { seconds, cpuSeconds, peakBytes, clean, output }
}

/** Of a process and its living descendants; processes that end meanwhile count as nothing. */
function readTree(pid: number): { residentBytes: number; cpuSeconds: number } {
  let residentBytes = 0
  let cpuSeconds = 0
  const queue = [pid]
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const status = readProc(`/proc/${next}/status`)
    const fields = readProc(`/proc/${next}/stat`)
      .replace(/^.*\) /s, '')
      .split(' ')
    // A lone process knows its own peak exactly; for several only what they hold at the same time can be added.
    const peakKiB = Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0)
    const children = readProc(`/proc/${next}/task/${next}/children`).split(' ').filter(Boolean).map(Number)
    residentBytes += next === pid && children.length === 0 ? peakKiB * 1024 : Number(fields[21] ?? 0) * pageBytes
    cpuSeconds += [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at] ?? 0), 0) / ticksPerSecond
    queue.push(...children)
  }
  return { residentBytes, cpuSeconds }
}

function readProc(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

/** Processor time that the whole machine has spent working since it started. */
function busySeconds(): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0, steal = 0] = readProc('/proc/stat')
    .split('\n', 1)
    .join('')
    .split(/\s+/)
    .slice(1)
    .map(Number)
  return (user + nice + system + irq + softIrq + steal) / ticksPerSecond
}
