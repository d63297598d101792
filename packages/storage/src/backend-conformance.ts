import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Context, quietContext } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { ErrorCode } from '@holdfast/core/errors/catalogue'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Backend, FileId, FileInfo, FileType } from './backend.ts'

const ctx = quietContext()
const types = ['data', 'index', 'key', 'lock', 'snapshot'] as const

/** Bytes that differ with `seed`, without a pattern that a wrong offset could hide in. */
export function sampleBytes(sizeBytes: number, seed = 1): Buffer {
  const bytes = Buffer.allocUnsafe(sizeBytes)
  let state = seed * 2654435761
  for (let i = 0; i < sizeBytes; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    bytes[i] = state >>> 24
  }
  return bytes
}

/** The id under which a repository stores these bytes. */
export function idOf(type: Exclude<FileType, 'config'>, bytes: Uint8Array): FileId {
  return { type, name: createHash('sha256').update(bytes).digest('hex') }
}

/** Expects a rejection with this code, and hands out the error for further looks. */
export async function expectRejection(work: Promise<unknown>, code: ErrorCode): Promise<AppError> {
  const error: unknown = await work.then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason,
  )
  if (!(error instanceof AppError)) throw new Error(`expected ${code}`, { cause: error })
  expect(error.code, error.message).toBe(code)
  return error
}

export async function listAll(backend: Backend, type: FileType, context: Context = ctx): Promise<FileInfo[]> {
  const found: FileInfo[] = []
  for await (const info of backend.list(type, context)) found.push(info)
  return found.sort((a, b) => (a.name < b.name ? -1 : 1))
}

/**
 * What every backend must do, registered as one `describe`. `open` gives a backend on a new, empty place each time; the
 * suite disposes of it.
 */
export function describeBackend(title: string, open: () => Promise<Backend>): void {
  describe(title, () => {
    let backend: Backend
    let scratch: string
    beforeEach(async () => {
      scratch = await mkdtemp(join(tmpdir(), 'holdfast-conformance-'))
      backend = await open()
      await backend.create(ctx)
    })
    afterEach(async () => {
      await backend[Symbol.asyncDispose]()
      await rm(scratch, { recursive: true, force: true })
    })

    /** A complete file as a writer would spool it. */
    async function spool(bytes: Uint8Array): Promise<{ path: string; sizeBytes: number }> {
      const folder = backend.traits.spoolDirectory ?? scratch
      await mkdir(folder, { recursive: true })
      const path = join(folder, `spooled-${bytes.byteLength}`)
      await writeFile(path, bytes)
      return { path, sizeBytes: bytes.byteLength }
    }

    async function store(type: Exclude<FileType, 'config'>, bytes: Uint8Array): Promise<FileId> {
      const file = idOf(type, bytes)
      await backend.write(file, bytes, { content: type === 'data' ? 'data' : 'metadata' }, ctx)
      return file
    }

    describe('creating and listing', () => {
      test('a new place lists nothing of any type', async () => {
        for (const type of [...types, 'config', 'tip'] as const) expect(await listAll(backend, type)).toEqual([])
      })

      test('creating twice is harmless until there is a config, then it is refused', async () => {
        await backend.create(ctx)
        await backend.write({ type: 'config', name: 'config' }, sampleBytes(155), { content: 'metadata' }, ctx)
        await expectRejection(backend.create(ctx), 'REPOSITORY_EXISTS')
      })

      test('each type lists its own files with their sizes', async () => {
        for (const [i, type] of types.entries()) {
          const files: FileInfo[] = []
          for (const sizeBytes of [1, 1000 + i]) {
            files.push({ ...(await store(type, sampleBytes(sizeBytes, i + 1))), sizeBytes })
          }
          expect(await listAll(backend, type)).toEqual(files.sort((a, b) => (a.name < b.name ? -1 : 1)))
        }
      })

      test('a listing may be used to read and remove while it runs', async () => {
        for (let seed = 1; seed <= 5; seed++) await store('snapshot', sampleBytes(100, seed))
        for await (const info of backend.list('snapshot', ctx)) {
          expect(await backend.read(info, undefined, ctx)).toHaveLength(100)
          await backend.remove(info, ctx)
        }
        expect(await listAll(backend, 'snapshot')).toEqual([])
      })
    })

    describe('reading', () => {
      test('the whole file and any range of it come back as written', async () => {
        const bytes = sampleBytes(10_000)
        const file = await store('data', bytes)
        expect(Buffer.from(await backend.read(file, undefined, ctx)).equals(bytes)).toBe(true)
        for (const [offset, length, expected] of [
          [0, 10, bytes.subarray(0, 10)],
          [123, 4567, bytes.subarray(123, 123 + 4567)],
          [9_990, undefined, bytes.subarray(9_990)],
          [9_999, 1, bytes.subarray(9_999)],
          [0, 10_000, bytes],
          [0, undefined, bytes],
          [-4, undefined, bytes.subarray(-4)],
          [-100, 20, bytes.subarray(-100, -80)],
          [-10_000, undefined, bytes],
          [50, 0, bytes.subarray(0, 0)],
          [10_000, undefined, bytes.subarray(0, 0)],
        ] as const) {
          const range = length === undefined ? { offset } : { offset, length }
          const read = Buffer.from(await backend.read(file, range, ctx))
          expect(read.equals(expected), `offset ${offset} length ${length}`).toBe(true)
        }
      })

      test('a range read into given memory is the same, and nothing is written beside it', async () => {
        const bytes = sampleBytes(10_000)
        const file = await store('data', bytes)
        const memory = new SharedArrayBuffer(1000)
        const into = new Uint8Array(memory, 100, 500)
        const read = await backend.read(file, { offset: 7, length: 500, into }, ctx)
        expect(Buffer.from(read).equals(bytes.subarray(7, 507))).toBe(true)
        const outside = [...new Uint8Array(memory, 0, 100), ...new Uint8Array(memory, 600)]
        expect(outside.every((byte) => byte === 0)).toBe(true)
      })

      test('a range that the file does not fill is damage, not a short answer', async () => {
        const file = await store('data', sampleBytes(1000))
        for (const range of [
          { offset: 990, length: 11 },
          { offset: 1000, length: 1 },
          { offset: 1001 },
          { offset: 5000, length: 10 },
          { offset: -1001 },
          { offset: -10, length: 11 },
        ]) {
          await expectRejection(backend.read(file, range, ctx), 'STORAGE_DAMAGED')
        }
      })

      test('a missing file is reported as missing, whatever is asked of it', async () => {
        for (const file of [idOf('data', sampleBytes(5)), { type: 'config', name: 'config' } as const]) {
          const error = await expectRejection(backend.stat(file, ctx), 'STORAGE_FILE_MISSING')
          expect(error.message).toContain(file.name)
          await expectRejection(backend.read(file, undefined, ctx), 'STORAGE_FILE_MISSING')
          await expectRejection(backend.read(file, { offset: 0, length: 4 }, ctx), 'STORAGE_FILE_MISSING')
          await expectRejection(backend.read(file, { offset: 0, length: 0 }, ctx), 'STORAGE_FILE_MISSING')
          await expectRejection(backend.read(file, { offset: -4 }, ctx), 'STORAGE_FILE_MISSING')
        }
      })
    })

    describe('writing', () => {
      test('a tip is kept under a name of its writer’s own, or refused where there is no place for tips', async () => {
        const bytes = sampleBytes(3000)
        const file = { type: 'tip', name: '0123456789abcdef'.repeat(4) } as const
        if (backend.traits.holdsTips !== true) {
          await expectRejection(backend.write(file, bytes, { content: 'metadata' }, ctx), 'STORAGE_DENIED')
          await expectRejection(backend.stat(file, ctx), 'STORAGE_FILE_MISSING')
          await expectRejection(backend.read(file, undefined, ctx), 'STORAGE_FILE_MISSING')
          await backend.remove(file, ctx)
          expect(await listAll(backend, 'tip')).toEqual([])
          return
        }
        await backend.write(file, bytes, { content: 'metadata' }, ctx)
        await backend.write(file, bytes, { content: 'metadata' }, ctx)
        await backend.flush(ctx)
        expect(await listAll(backend, 'tip')).toEqual([{ ...file, sizeBytes: 3000 }])
        expect(Buffer.from(await backend.read(file, undefined, ctx)).equals(bytes)).toBe(true)
        await backend.remove(file, ctx)
        await backend.remove(file, ctx)
        expect(await listAll(backend, 'tip')).toEqual([])
      })

      test('the config is written, looked up and read under its fixed name', async () => {
        const config = { type: 'config', name: 'config' } as const
        await backend.write(config, sampleBytes(155), { content: 'metadata' }, ctx)
        expect(await backend.stat(config, ctx)).toEqual({ ...config, sizeBytes: 155 })
        expect(Buffer.from(await backend.read(config, undefined, ctx)).equals(sampleBytes(155))).toBe(true)
        expect(await listAll(backend, 'config')).toEqual([{ ...config, sizeBytes: 155 }])
      })

      test('another config of equal size does not pass for the one that is there', async () => {
        const config = { type: 'config', name: 'config' } as const
        await backend.write(config, sampleBytes(155, 1), { content: 'metadata' }, ctx)
        await backend.write(config, sampleBytes(155, 1), { content: 'metadata' }, ctx)
        await expectRejection(
          backend.write(config, sampleBytes(155, 2), { content: 'metadata' }, ctx),
          'STORAGE_FILE_EXISTS',
        )
        expect(Buffer.from(await backend.read(config, undefined, ctx)).equals(sampleBytes(155, 1))).toBe(true)
      })

      test('a file given by its path is stored whole', async () => {
        const bytes = sampleBytes(300_000)
        const file = idOf('data', bytes)
        await backend.write(file, await spool(bytes), { content: 'data' }, ctx)
        expect(Buffer.from(await backend.read(file, undefined, ctx)).equals(bytes)).toBe(true)
      })

      test('what was written stays as it was when the caller reuses its buffer', async () => {
        const bytes = sampleBytes(500)
        const file = await store('index', bytes)
        bytes.fill(0)
        expect(Buffer.from(await backend.read(file, undefined, ctx)).equals(sampleBytes(500))).toBe(true)
      })

      test('empty and large files are stored like any other', async () => {
        for (const sizeBytes of [0, 20 * 1024 * 1024]) {
          const bytes = sampleBytes(sizeBytes, 7)
          const file = await store('data', bytes)
          expect((await backend.stat(file, ctx)).sizeBytes).toBe(sizeBytes)
          expect(Buffer.from(await backend.read(file, undefined, ctx)).equals(bytes)).toBe(true)
        }
      })

      test('writing the same file again succeeds, as after a lost reply', async () => {
        const bytes = sampleBytes(4000)
        const file = await store('data', bytes)
        await backend.write(file, bytes, { content: 'data' }, ctx)
        await backend.write(file, await spool(bytes), { content: 'data' }, ctx)
        expect(await listAll(backend, 'data')).toEqual([{ ...file, sizeBytes: 4000 }])
      })

      test('a different file of the same name is refused and the first one kept', async () => {
        const bytes = sampleBytes(4000)
        const file = await store('data', bytes)
        await expectRejection(backend.write(file, sampleBytes(3999), { content: 'data' }, ctx), 'STORAGE_FILE_EXISTS')
        expect(Buffer.from(await backend.read(file, undefined, ctx)).equals(bytes)).toBe(true)
      })

      test('many files written at once all arrive', async () => {
        const contents = Array.from({ length: 40 }, (_, i) => sampleBytes(2000 + i, i + 1))
        await Promise.all(contents.map((bytes) => store('data', bytes)))
        await backend.flush(ctx)
        const read = await Promise.all(contents.map((bytes) => backend.read(idOf('data', bytes), undefined, ctx)))
        read.forEach((bytes, i) => expect(Buffer.from(bytes).equals(contents[i] ?? Buffer.alloc(0))).toBe(true))
        expect(await listAll(backend, 'data')).toHaveLength(40)
      })
    })

    describe('removing and stopping', () => {
      test('a removed file is gone, and removing it again succeeds', async () => {
        for (const type of types) {
          const file = await store(type, sampleBytes(100))
          await backend.remove(file, ctx)
          await backend.remove(file, ctx)
          await expectRejection(backend.stat(file, ctx), 'STORAGE_FILE_MISSING')
          expect(await listAll(backend, type)).toEqual([])
        }
      })

      test('a removed file can be written again', async () => {
        const file = await store('data', sampleBytes(100))
        await backend.remove(file, ctx)
        await store('data', sampleBytes(100))
        expect((await backend.stat(file, ctx)).sizeBytes).toBe(100)
      })

      test('every method stops with INTERRUPTED once the signal is aborted', async () => {
        const file = await store('data', sampleBytes(1000))
        const stopped = quietContext({ signal: AbortSignal.abort() })
        const other = sampleBytes(2000)
        await expectRejection(backend.create(stopped), 'INTERRUPTED')
        await expectRejection(listAll(backend, 'data', stopped), 'INTERRUPTED')
        await expectRejection(backend.stat(file, stopped), 'INTERRUPTED')
        await expectRejection(backend.read(file, undefined, stopped), 'INTERRUPTED')
        await expectRejection(backend.write(idOf('data', other), other, { content: 'data' }, stopped), 'INTERRUPTED')
        await expectRejection(backend.remove(file, stopped), 'INTERRUPTED')
        await expectRejection(backend.flush(stopped), 'INTERRUPTED')
        expect(await listAll(backend, 'data')).toEqual([{ ...file, sizeBytes: 1000 }])
      })

      test('aborting in the middle of a write leaves the whole file or none', async () => {
        const bytes = sampleBytes(8 * 1024 * 1024, 3)
        const file = idOf('data', bytes)
        const stop = new AbortController()
        const writing = backend.write(file, bytes, { content: 'data' }, quietContext({ signal: stop.signal }))
        setTimeout(() => stop.abort(), 2)
        await writing.catch((error: unknown) => expect(error).toMatchObject({ code: 'INTERRUPTED' }))
        // A remote server may need a moment to notice.
        const sizes = async () => (await listAll(backend, 'data')).map((info) => info.sizeBytes)
        await expect
          .poll(sizes, { timeout: 5000 })
          .toSatisfy((found: number[]) => found.every((size) => size === bytes.length))
      })
    })
  })
}
