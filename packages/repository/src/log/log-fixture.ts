import { createHash } from 'node:crypto'
import type { Context } from '@holdfast/core/context'
import type { Backend } from '@holdfast/storage/backend'
import { type LockTimers, systemTimers } from '../lock/lock-timers.ts'
import type { Repository } from '../repository.ts'
import type { LogFile } from './log-file.ts'
import type { LogPlace } from './log-place.ts'
import type { LogWriterOptions } from './log-writer.ts'
import { readLog } from './read-log.ts'

/** For tests: the log of a source named shop. */
export const shopLog: LogPlace = { source: 'shop', type: 'postgresql', kind: 'wal' }

/** Two who come at once need not be told apart in tests, so nobody waits for others to show; nor long for a lock. */
const hastyTimers: LockTimers = {
  sleep: (durationMs, signal, options) =>
    durationMs === 200 ? Promise.resolve() : systemTimers.sleep(durationMs >= 5000 ? 20 : durationMs, signal, options),
}

export const logOptions: LogWriterOptions = {
  settings: {
    identity: { hostname: 'db1', username: 'backup', uid: 0, gid: 0 },
    programVersion: 'holdfast test',
    compression: 'auto',
    packBytes: 4 << 20,
    workers: 1,
  },
  lock: {
    identity: { hostname: 'test', username: 'backup', pid: process.pid },
    timers: hastyTimers,
    isProcessAlive: () => false,
  },
}

/** A file of a log whose bytes follow from its number. */
export function logFile(number: number, sizeBytes = 3000): LogFile {
  const hex = number.toString(16).toUpperCase().padStart(24, '0')
  return { folder: hex.slice(0, 16), name: hex, bytes: logBytes(number, sizeBytes), facts: { number } }
}

/** Random, but the same each time; a longer one begins with the shorter. */
export function logBytes(seed: number, sizeBytes: number): Buffer {
  const parts: Buffer[] = []
  for (let i = 0; i * 32 < sizeBytes; i++) parts.push(createHash('sha256').update(`${seed} ${i}`).digest())
  return Buffer.concat(parts).subarray(0, sizeBytes)
}

/** Everything a log holds, by "folder/name". */
export async function contentOfLog(repository: Repository, ctx: Context): Promise<Map<string, Buffer>> {
  const log = await readLog(repository, shopLog, ctx)
  const content = new Map<string, Buffer>()
  for (const file of await log.allFiles(ctx)) {
    const bytes = await log.read(file, ctx)
    if (bytes !== undefined) content.set(`${file.folder}/${file.name}`, bytes)
  }
  return content
}

export async function countFiles(backend: Backend, type: 'tip' | 'snapshot' | 'lock', ctx: Context): Promise<number> {
  let count = 0
  for await (const _file of backend.list(type, ctx)) count++
  return count
}
