import { quietContext } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Event } from '@holdfast/core/events/event'
import type { Backend } from '@holdfast/storage/backend'
import { createMemoryBackend } from '@holdfast/storage/memory/memory-backend'
import { describe, expect, test } from 'vitest'
import { acquireLock } from '../lock/acquire-lock.ts'
import { listSnapshots } from '../snapshot/list-snapshots.ts'
import type { Repository } from '../repository.ts'
import { exampleRepository } from '../snapshot/snapshot-fixture.ts'
import { contentOfLog, countFiles, logBytes, logFile, logOptions, shopLog } from './log-fixture.ts'
import { type LogFile, logFileKey } from './log-file.ts'
import { openLogWriter } from './log-writer.ts'
import { readLog } from './read-log.ts'
import { trimLog } from './trim-log.ts'

const ctx = quietContext()

function expectFiles(content: Map<string, Buffer>, numbers: readonly number[]): void {
  expect([...content.keys()]).toEqual(numbers.map((number) => logFileKey(logFile(number))))
  for (const number of numbers) {
    const file = logFile(number)
    expect(content.get(logFileKey(file))?.equals(file.bytes), file.name).toBe(true)
  }
}

describe('a log', () => {
  test('is one snapshot that is replaced by each batch, with its source, host and kind', async () => {
    const repository = exampleRepository()
    await using writer = await openLogWriter(repository, shopLog, logOptions, ctx)
    await writer.append(logFile(1), ctx)
    await writer.batch(ctx)
    await writer.append(logFile(2), ctx)
    await writer.append(logFile(0x101), ctx)
    await writer.batch(ctx)
    const snapshots = await listSnapshots(repository, {}, ctx)
    expect(snapshots.map(({ snapshot }) => [snapshot.hostname, snapshot.paths, snapshot.tags])).toEqual([
      ['db1', ['/postgresql/shop/wal'], ['holdfast', 'source=shop', 'type=postgresql', 'log=wal']],
    ])
    expectFiles(await contentOfLog(repository, ctx), [1, 2, 0x101])
    expect(await countFiles(repository.backend, 'tip', ctx)).toBe(0)
    expect(await countFiles(repository.backend, 'lock', ctx)).toBe(0)
  })

  test('gives back the facts of each file, and files beside the folders', async () => {
    const repository = exampleRepository()
    await using writer = await openLogWriter(repository, shopLog, logOptions, ctx)
    await writer.append({ folder: '', name: '00000002.history', bytes: Buffer.from('1\t0/5\n'), facts: {} }, ctx)
    await writer.append(logFile(7), ctx)
    await writer.batch(ctx)
    const log = await readLog(repository, shopLog, ctx)
    expect(log.folders).toEqual(['', '0000000000000000'])
    expect((await log.read({ folder: '', name: '00000002.history' }, ctx))?.toString()).toBe('1\t0/5\n')
    expect(await log.files('0000000000000000', ctx)).toEqual([
      { ...logFileInfo(7), sizeBytes: 3000, heldIn: 'batch', growing: false },
    ])
    expect(await log.read({ folder: '', name: '00000003.history' }, ctx)).toBeUndefined()
  })

  test('is durable after flush without a snapshot, and the next writer puts it into one', async () => {
    const repository = exampleRepository()
    {
      await using writer = await openLogWriter(repository, shopLog, logOptions, ctx)
      await writer.append(logFile(1), ctx)
      await writer.append(logFile(2), ctx)
      expect([writer.appended, writer.durable]).toEqual([2, 0])
      await writer.flush(ctx)
      expect([writer.appended, writer.durable]).toEqual([2, 2])
    }
    expect(await countFiles(repository.backend, 'snapshot', ctx)).toBe(0)
    expect(await countFiles(repository.backend, 'tip', ctx)).toBe(2)
    expectFiles(await contentOfLog(repository, ctx), [1, 2])
    await using next = await openLogWriter(repository, shopLog, logOptions, ctx)
    await next.append(logFile(3), ctx)
    await next.batch(ctx)
    expectFiles(await contentOfLog(repository, ctx), [1, 2, 3])
    expect(await countFiles(repository.backend, 'tip', ctx)).toBe(0)
  })

  test('is put into a snapshot when enough has come, without anyone asking', async () => {
    const repository = exampleRepository()
    await using writer = await openLogWriter(repository, shopLog, { ...logOptions, batchBytes: 8000 }, ctx)
    for (let number = 1; number <= 3; number++) await writer.append(logFile(number), ctx)
    await expect.poll(() => writer.durable).toBe(3)
    expect(await countFiles(repository.backend, 'snapshot', ctx)).toBe(1)
  })

  test('is put into a snapshot when the first of it has waited long enough', async () => {
    const repository = exampleRepository()
    let nowMs = Date.now()
    const later = { ...ctx, now: () => new Date(nowMs) }
    await using writer = await openLogWriter(repository, shopLog, logOptions, later)
    await writer.append(logFile(1), later)
    await writer.flush(later)
    expect(await countFiles(repository.backend, 'snapshot', ctx)).toBe(0)
    nowMs += 301_000
    await writer.flush(later)
    await expect.poll(() => countFiles(repository.backend, 'snapshot', ctx)).toBe(1)
  })

  test('of one source is not another one’s', async () => {
    const repository = exampleRepository()
    const other = { ...shopLog, source: 'office' }
    await using first = await openLogWriter(repository, shopLog, logOptions, ctx)
    await using second = await openLogWriter(repository, other, logOptions, ctx)
    await first.append(logFile(1), ctx)
    await second.append(logFile(2), ctx)
    await first.flush(ctx)
    await second.batch(ctx)
    expectFiles(await contentOfLog(repository, ctx), [1])
    expect((await (await readLog(repository, other, ctx)).allFiles(ctx)).map(({ name }) => name)).toEqual([
      logFile(2).name,
    ])
  })

  test('keeps the files of two writers that did not know of each other', async () => {
    const repository = exampleRepository()
    await using first = await openLogWriter(repository, shopLog, logOptions, ctx)
    await using second = await openLogWriter(repository, shopLog, logOptions, ctx)
    for (const [i, writer] of [first, second, first, second].entries()) {
      await writer.append(logFile(i + 1), ctx)
      await writer.batch(ctx)
    }
    expectFiles(await contentOfLog(repository, ctx), [1, 2, 3, 4])
    expect(await countFiles(repository.backend, 'snapshot', ctx)).toBe(1)
  })

  test('refuses source names that would lead elsewhere', async () => {
    const repository = exampleRepository()
    for (const source of ['', '..', 'a/b', 'a,b', 'x'.repeat(64)]) {
      await using writer = await openLogWriter(repository, { ...shopLog, source }, logOptions, ctx)
      await writer.append(logFile(1), ctx)
      await expect(writer.batch(ctx)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
    }
  })
})

describe('under load a log', () => {
  const fileBytes = 1 << 20
  const busy = { ...logOptions, settings: { ...logOptions.settings, workers: 2 }, batchBytes: 4 * fileBytes }

  const content = (number: number): Buffer => Buffer.alloc(fileBytes, logBytes(number, 8192))

  /** Files whose memory the writer owns, and what has been given back of it. */
  function ownedFiles(count: number): { files: LogFile[]; freed: number[] } {
    const freed: number[] = []
    const files = Array.from({ length: count }, (_, i): LogFile => {
      const { folder, name, facts } = logFile(i + 1)
      const free = (bytes: Uint8Array<ArrayBuffer>): void => void freed.push(bytes.buffer.byteLength)
      return { folder, name, facts, bytes: Uint8Array.from(content(i + 1)), free }
    })
    return { files, freed }
  }

  async function expectStored(repository: Repository, count: number): Promise<void> {
    const found = await contentOfLog(repository, ctx)
    expect(found.size).toBe(count)
    for (let number = 1; number <= count; number++) {
      const stored = found.get(logFileKey(logFile(number)))
      expect(stored?.equals(content(number)), String(number)).toBe(true)
    }
  }

  test('is written batch after batch with one lock, and gives the memory of every file back once', async () => {
    const repository = exampleRepository()
    const written = new Map<string, number>()
    const { write } = repository.backend
    const counted: Backend = {
      ...repository.backend,
      write: async (file, ...rest) => {
        written.set(file.type, (written.get(file.type) ?? 0) + 1)
        await write(file, ...rest)
      },
    }
    const { files, freed } = ownedFiles(24)
    await using writer = await openLogWriter({ ...repository, backend: counted }, shopLog, busy, ctx)
    for (const file of files) await writer.append(file, ctx)
    await writer.batch(ctx)
    expect(writer.durable).toBe(24)
    expect(freed).toEqual(files.map(() => fileBytes))
    await expectStored(repository, 24)
    expect(await countFiles(repository.backend, 'snapshot', ctx)).toBe(1)
    expect(written.get('snapshot')).toBeGreaterThan(2)
    // and one more when nothing had waited for the moment
    expect(written.get('lock')).toBeLessThanOrEqual(2)
  })

  test('has what was with the threads when storing failed, and writes it to tips and later to a snapshot', async () => {
    const repository = exampleRepository()
    let isBroken = true
    const { write } = repository.backend
    const failing: Backend = {
      ...repository.backend,
      write: async (file, ...rest) => {
        const details = { action: 'write', file: file.name, location: 'here', reason: 'the disk is away' }
        if (isBroken && file.type === 'data') throw new AppError('STORAGE_UNREACHABLE', details)
        await write(file, ...rest)
      },
    }
    const { files, freed } = ownedFiles(9)
    await using writer = await openLogWriter({ ...repository, backend: failing }, shopLog, busy, ctx)
    for (const file of files) await writer.append(file, ctx)
    await writer.flush(ctx)
    expect(writer.durable).toBe(9)
    await expectStored(repository, 9)
    expect(await countFiles(repository.backend, 'snapshot', ctx)).toBe(0)
    isBroken = false
    await writer.batch(ctx)
    await expectStored(repository, 9)
    expect(await countFiles(repository.backend, 'tip', ctx)).toBe(0)
    expect(await countFiles(repository.backend, 'snapshot', ctx)).toBe(1)
    expect(freed.length).toBe(9)
  })
})

describe('a growing file', () => {
  test('is readable up to what was written last, at the cost of what is new', async () => {
    const repository = exampleRepository()
    await using writer = await openLogWriter(repository, shopLog, logOptions, ctx)
    const file = logFile(5)
    for (let length = 1000; length <= 30_000; length += 1000) {
      expect(await writer.grow({ ...file, bytes: logBytes(5, length) }, ctx)).toBe(length)
      const content = await contentOfLog(repository, ctx)
      expect(content.get(logFileKey(file))?.equals(logBytes(5, length)), String(length)).toBe(true)
      expect(await countFiles(repository.backend, 'tip', ctx)).toBeLessThanOrEqual(8)
    }
    const log = await readLog(repository, shopLog, ctx)
    expect(await log.allFiles(ctx)).toEqual([{ ...logFileInfo(5), sizeBytes: 30_000, heldIn: 'tip', growing: true }])
  })

  test('is replaced by the whole file once that is in a snapshot', async () => {
    const repository = exampleRepository()
    await using writer = await openLogWriter(repository, shopLog, logOptions, ctx)
    await writer.grow({ ...logFile(5), bytes: logBytes(5, 1000) }, ctx)
    await writer.append(logFile(5), ctx)
    expect((await contentOfLog(repository, ctx)).get(logFileKey(logFile(5)))).toHaveLength(1000)
    await writer.flush(ctx)
    expectFiles(await contentOfLog(repository, ctx), [5])
    await writer.batch(ctx)
    expect(await countFiles(repository.backend, 'tip', ctx)).toBe(0)
  })

  test('can be read although its parts were replaced since the log was read, and by a snapshot', async () => {
    const repository = exampleRepository()
    await using writer = await openLogWriter(repository, shopLog, logOptions, ctx)
    await writer.grow({ ...logFile(5), bytes: logBytes(5, 1000) }, ctx)
    const log = await readLog(repository, shopLog, ctx)
    for (let length = 1100; length <= 2000; length += 100) {
      await writer.grow({ ...logFile(5), bytes: logBytes(5, length) }, ctx)
    }
    expect(await log.read(logFile(5), ctx)).toEqual(logBytes(5, 2000))
    await writer.append(logFile(5), ctx)
    await writer.batch(ctx)
    expect(await log.read(logFile(5), ctx)).toEqual(logFile(5).bytes)
  })

  test('never gets shorter when a new writer begins it again', async () => {
    const repository = exampleRepository()
    const file = logFile(5)
    {
      await using writer = await openLogWriter(repository, shopLog, logOptions, ctx)
      await writer.grow({ ...file, bytes: logBytes(5, 2000) }, ctx)
      await writer.grow({ ...file, bytes: logBytes(5, 2500) }, ctx)
    }
    await using next = await openLogWriter(repository, shopLog, logOptions, ctx)
    for (const [length, readable] of [
      [500, 2500],
      [2400, 2500],
      [2600, 2600],
    ] as const) {
      await next.grow({ ...file, bytes: logBytes(5, length) }, ctx)
      expect((await contentOfLog(repository, ctx)).get(logFileKey(file))).toHaveLength(readable)
    }
    await next.append(file, ctx)
    await next.batch(ctx)
    expect(await countFiles(repository.backend, 'tip', ctx)).toBe(0)
    expectFiles(await contentOfLog(repository, ctx), [5])
  })

  test('goes into the snapshot as its beginning where tips cannot be kept, from time to time', async () => {
    const backend = { ...createMemoryBackend(), traits: { connections: 2 } }
    const repository = exampleRepository(backend)
    let nowMs = Date.now()
    const later = { ...ctx, now: () => new Date(nowMs) }
    await using writer = await openLogWriter(repository, shopLog, logOptions, later)
    const file = logFile(5)
    expect(await writer.grow({ ...file, bytes: logBytes(5, 1000) }, later)).toBe(1000)
    nowMs += 10_000
    expect(await writer.grow({ ...file, bytes: logBytes(5, 1500) }, later)).toBe(1000)
    nowMs += 60_000
    expect(await writer.grow({ ...file, bytes: logBytes(5, 2000) }, later)).toBe(2000)
    const partial = `${logFileKey(file)}.partial`
    expect((await contentOfLog(repository, ctx)).get(partial)?.equals(logBytes(5, 2000))).toBe(true)
    await writer.append(file, later)
    await writer.flush(later)
    expect([writer.appended, writer.durable]).toEqual([1, 1])
    expectFiles(await contentOfLog(repository, ctx), [5])
    expect(await countFiles(backend, 'tip', ctx)).toBe(0)
  })

  test('note on the log is replaced by the newest', async () => {
    const repository = exampleRepository()
    await using writer = await openLogWriter(repository, shopLog, logOptions, ctx)
    await writer.note({ until: 1 }, ctx)
    await writer.note({ until: 2 }, ctx)
    expect(await countFiles(repository.backend, 'tip', ctx)).toBe(1)
    expect((await readLog(repository, shopLog, ctx)).note?.facts).toEqual({ until: 2 })
  })
})

describe('beside prune', () => {
  test('a log stays durable while someone else has the repository for himself, and catches up after', async () => {
    const repository = exampleRepository()
    const events: Event[] = []
    const told = quietContext({ emit: (event) => events.push(event) })
    const alive = { ...logOptions, lock: { ...logOptions.lock, isProcessAlive: () => true }, batchBytes: 4000 }
    await using writer = await openLogWriter(repository, shopLog, alive, told)
    {
      await using _prune = await acquireLock(repository, { exclusive: true, ...alive.lock }, ctx)
      for (let number = 1; number <= 6; number++) await writer.append(logFile(number), told)
      await writer.flush(told)
      expect(writer.durable).toBe(6)
      expect(await countFiles(repository.backend, 'snapshot', ctx)).toBe(0)
    }
    await writer.batch(told)
    expectFiles(await contentOfLog(repository, ctx), [1, 2, 3, 4, 5, 6])
    expect(await countFiles(repository.backend, 'tip', ctx)).toBe(0)
  })
})

describe('trimming', () => {
  test('drops what nobody needs, and folders that become empty', async () => {
    const repository = exampleRepository()
    await using writer = await openLogWriter(repository, shopLog, logOptions, ctx)
    const far = 2 ** 32
    for (const number of [1, 2, 3, far, far + 1]) await writer.append(logFile(number), ctx)
    await writer.batch(ctx)
    await writer.append(logFile(far + 2), ctx)
    await writer.flush(ctx)
    const options = { settings: logOptions.settings, lock: logOptions.lock, dryRun: false }
    const needed = (file: { facts: Readonly<Record<string, unknown>> }): boolean => Number(file.facts['number']) > far
    expect(await trimLog(repository, shopLog, needed, { ...options, dryRun: true }, ctx)).toEqual({
      files: 4,
      bytes: 12_000,
    })
    expectFiles(await contentOfLog(repository, ctx), [1, 2, 3, far, far + 1, far + 2])
    await trimLog(repository, shopLog, needed, options, ctx)
    expectFiles(await contentOfLog(repository, ctx), [far + 1, far + 2])
    expect((await readLog(repository, shopLog, ctx)).folders).toEqual(['', '0000000000000001'])
    await writer.append(logFile(far + 3), ctx)
    await writer.batch(ctx)
    expectFiles(await contentOfLog(repository, ctx), [far + 1, far + 2, far + 3])
  })
})

function logFileInfo(number: number) {
  const { bytes: _bytes, ...info } = logFile(number)
  return info
}
