import { AppError } from '@holdfast/core/errors/app-error'
import type { Context } from '@holdfast/core/context'
import type { Backend, FileId } from '../backend.ts'
import { resolveRange } from '../byte-range.ts'
import { settleExisting } from '../existing-file.ts'
import { readContent } from '../file-content.ts'
import { throwIfInterrupted } from '../interruption.ts'
import { flatPath } from '../layout.ts'

/**
 * A repository's files in memory: the fake that other tests use. It keeps what it was given after it is disposed, so
 * that a test can open the same "disk" twice.
 */
export function createMemoryBackend(name = 'test'): Backend {
  const location = `memory:${name}`
  const files = new Map<string, { id: FileId; bytes: Uint8Array }>()

  function find(file: FileId, ctx: Context): Uint8Array {
    throwIfInterrupted(ctx)
    const found = files.get(flatPath(file))
    if (found === undefined) throw new AppError('STORAGE_FILE_MISSING', { file: flatPath(file), location })
    return found.bytes
  }

  const backend: Backend = {
    location,
    traits: { connections: 4, holdsTips: true },
    async create(ctx) {
      throwIfInterrupted(ctx)
      if (files.has('config')) throw new AppError('REPOSITORY_EXISTS', { location, found: 'config' })
    },
    async *list(type, ctx) {
      throwIfInterrupted(ctx)
      for (const { id, bytes } of [...files.values()]) {
        if (id.type === type) yield { type, name: id.name, sizeBytes: bytes.byteLength }
      }
    },
    async stat(file, ctx) {
      return { type: file.type, name: file.name, sizeBytes: find(file, ctx).byteLength }
    },
    async read(file, range, ctx) {
      const bytes = find(file, ctx)
      const { start, length } = resolveRange(range, bytes.byteLength, file, location)
      return bytes.slice(start, start + length)
    },
    async write(file, content, _hint, ctx) {
      throwIfInterrupted(ctx)
      // A copy: the caller may reuse its buffer.
      const bytes = new Uint8Array(await readContent(content))
      throwIfInterrupted(ctx)
      const existing = files.get(flatPath(file))
      if (existing !== undefined) return await settleExisting(backend, file, existing.bytes.byteLength, bytes, ctx)
      files.set(flatPath(file), { id: { type: file.type, name: file.name }, bytes })
    },
    async remove(file, ctx) {
      throwIfInterrupted(ctx)
      files.delete(flatPath(file))
    },
    async flush(ctx) {
      throwIfInterrupted(ctx)
    },
    async [Symbol.asyncDispose]() {},
  }
  return backend
}
