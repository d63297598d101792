/**
 * A log's writer dies, by a power cut on a disk with a write cache or by a storage that fails, after each change that it
 * makes. What it has acknowledged is there afterwards, whatever of the last changes has reached the disk, and the next
 * writer completes the work and leaves nothing over.
 */
import { quietContext } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import { logFileKey } from '@holdfast/repository/log/log-file'
import { contentOfLog, countFiles, logBytes, logFile, logOptions, shopLog } from '@holdfast/repository/log/log-fixture'
import { type LogWriter, openLogWriter } from '@holdfast/repository/log/log-writer'
import { trimLog } from '@holdfast/repository/log/trim-log'
import type { Repository } from '@holdfast/repository/repository'
import type { Backend } from '@holdfast/storage/backend'
import { withFaultInjection } from '@holdfast/storage/decorate/with-fault-injection'
import { createMemoryBackend } from '@holdfast/storage/memory/memory-backend'
import { beforeAll, describe, expect, test } from 'vitest'
import { SeededRandom } from '../scenario/random.ts'
import { behind, cloneToMemory, createScenarioRepository } from '../scenario/scenario-repository.ts'
import { checkErrors } from '../scenario/verbs.ts'
import { isFullSweep } from './sweep.ts'
import { createVolatileBackend } from './volatile-backend.ts'

const ctx = quietContext()
const base = await createScenarioRepository(createMemoryBackend(), ctx)
/** how many bytes of each file the writer was told to be durable */
type Promised = Map<string, { readonly number: number; sizeBytes: number }>

beforeAll(async () => {
  await using writer = await openLogWriter(base, shopLog, logOptions, ctx)
  for (const number of [1, 2]) await writer.append(logFile(number), ctx)
  await writer.batch(ctx)
})

const firstPromised = (): Promised => new Map([1, 2].map((number) => [logFileKey(logFile(number)), whole(number)]))

function whole(number: number): { readonly number: number; sizeBytes: number } {
  return { number, sizeBytes: logFile(number).bytes.length }
}

/** What a follower does, with every kind of step, and what it may rely on after each. */
async function work(repository: Repository, promised: Promised): Promise<void> {
  await using writer = await openLogWriter(repository, shopLog, logOptions, ctx)
  const appended: number[] = []
  const note = (): void => {
    for (const number of appended.slice(0, writer.durable)) promised.set(logFileKey(logFile(number)), whole(number))
  }
  const append = async (number: number): Promise<void> => {
    await writer.append(logFile(number), ctx)
    appended.push(number)
  }
  const grow = async (number: number, sizeBytes: number): Promise<void> => {
    const durable = await writer.grow({ ...logFile(number), bytes: logBytes(number, sizeBytes) }, ctx)
    promised.set(logFileKey(logFile(number)), { number, sizeBytes: durable })
    note()
  }
  const step = async (does: (writer: LogWriter) => Promise<void>): Promise<void> => {
    await does(writer)
    note()
  }
  for (let size = 200; size <= 2000; size += 200) await grow(3, size)
  await append(3)
  await grow(4, 700)
  await grow(4, 900)
  await step(() => writer.note({ until: 'now' }, ctx))
  await append(4)
  await append(5)
  await step(() => writer.batch(ctx))
  await grow(0x106, 400)
  await append(0x106)
  await step(() => writer.flush(ctx))
  await append(0x107)
  await step(() => writer.batch(ctx))
  await grow(0x108, 500)
}

async function expectPromised(repository: Repository, promised: Promised, what: string): Promise<void> {
  const content = await contentOfLog(repository, ctx)
  for (const [key, { number, sizeBytes }] of promised) {
    const there = content.get(key)?.subarray(0, sizeBytes)
    expect(there?.equals(logBytes(number, sizeBytes)), `${what}: ${key} to ${sizeBytes}`).toBe(true)
  }
}

/** The next writer takes over, and gives every file once more from its beginning, as a follower does. */
async function expectCompleted(repository: Repository, promised: Promised, what: string): Promise<void> {
  await using writer = await openLogWriter(repository, shopLog, logOptions, ctx)
  const numbers = [3, 4, 5, 0x106, 0x107, 0x108]
  for (const number of numbers) await writer.append(logFile(number), ctx)
  await writer.batch(ctx)
  for (const number of [1, 2, ...numbers]) promised.set(logFileKey(logFile(number)), whole(number))
  await expectPromised(repository, promised, what)
  expect([...(await contentOfLog(repository, ctx)).keys()], what).toHaveLength(8)
  expect(await countFiles(repository.backend, 'snapshot', ctx), what).toBe(1)
  // the note may stay
  expect(await countFiles(repository.backend, 'tip', ctx), what).toBeLessThanOrEqual(1)
  expect(await checkErrors(repository, ctx), what).toEqual([])
}

describe('the writer of a log', () => {
  const share = isFullSweep ? 'every change' : 'every seventh change, each with HOLDFAST_TEST_SWEEP=full'
  test(`keeps what it acknowledged when the power fails (${share})`, async () => {
    const random = new SeededRandom(11)
    let completed = false
    for (let cutAt = 1; !completed; cutAt += isFullSweep ? 1 : 7) {
      const disk = await createVolatileBackend(base.backend, cutAt, ctx)
      const promised = firstPromised()
      try {
        await work(behind(base, disk), promised)
        completed = true
      } catch (error) {
        expect(isAppError(error), String(error)).toBe(true)
      }
      const last = disk.unflushed - 1
      const survivors: ((position: number) => boolean)[] = [
        () => false,
        () => true,
        (position) => position === last,
        (position) => position !== last,
        ...Array.from({ length: 4 }, () => () => random.next() < 0.5),
      ]
      for (const [number, survives] of survivors.entries()) {
        const what = `cut after change ${cutAt}, survivors ${number} of ${last + 1}`
        const after = behind(base, await disk.afterCut(survives, ctx))
        await expectPromised(after, promised, what)
        if (number === cutAt % survivors.length) await expectCompleted(after, new Map(promised), what)
      }
    }
  })

  test(`keeps what it acknowledged when a call of the storage fails (${share})`, async () => {
    let calls = 0
    const disturbed = (backend: Backend, at: number, fault: 'fail-before' | 'fail-after'): Backend => {
      calls = 0
      return withFaultInjection(backend, () => (calls++ === at ? fault : undefined))
    }
    await work(behind(base, disturbed(await cloneToMemory(base.backend, ctx), -1, 'fail-before')), new Map())
    const total = calls
    expect(total).toBeGreaterThan(50)
    for (let at = 0; at < total; at += isFullSweep ? 1 : 7) {
      const fault = at % 2 === 0 ? 'fail-before' : 'fail-after'
      const what = `call ${at} of ${total}, ${fault}`
      const backend = await cloneToMemory(base.backend, ctx)
      const promised = firstPromised()
      await work(behind(base, disturbed(backend, at, fault)), promised).catch((error: unknown) => {
        expect(isAppError(error), `${what}: ${String(error)}`).toBe(true)
      })
      await expectPromised(behind(base, backend), promised, what)
      if (at % 4 === 0) await expectCompleted(behind(base, backend), promised, what)
    }
  })

  test('loses nothing that is needed when trimming is cut off anywhere', async () => {
    let completed = false
    for (let cutAt = 1; !completed; cutAt++) {
      const disk = await createVolatileBackend(base.backend, cutAt, ctx)
      const options = { settings: logOptions.settings, lock: logOptions.lock, dryRun: false }
      const isNeeded = ({ facts }: { facts: Readonly<Record<string, unknown>> }): boolean => facts['number'] === 2
      try {
        await trimLog(behind(base, disk), shopLog, isNeeded, options, ctx)
        completed = true
      } catch (error) {
        expect(isAppError(error), String(error)).toBe(true)
      }
      for (const survives of [() => false, () => true, (position: number) => position % 2 === 0]) {
        const after = behind(base, await disk.afterCut(survives, ctx))
        await expectPromised(after, new Map([[logFileKey(logFile(2)), whole(2)]]), `cut after change ${cutAt}`)
      }
    }
  })
})
