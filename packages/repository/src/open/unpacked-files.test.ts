import { hash } from 'node:crypto'
import { quietContext } from '@holdfast/core/context'
import type { Backend } from '@holdfast/storage/backend'
import { createMemoryBackend } from '@holdfast/storage/memory/memory-backend'
import { expect, test } from 'vitest'
import { createMasterKey } from '../format/create-master-key.ts'
import { open, seal } from '../format/crypto.ts'
import type { Repository } from '../repository.ts'
import { readUnpacked, writeUnpacked } from './unpacked-files.ts'

const ctx = quietContext()
const json = Buffer.from('{"packs":[]}')

function repositoryOn(backend: Backend, version: 1 | 2 = 2): Repository {
  const config = { version, id: 'ab'.repeat(32), chunkerPolynomial: 0x3da3358b4dc173n }
  return { backend, config, key: createMasterKey(), keyId: 'cd'.repeat(32) }
}

/** Returns other bytes for the first reads. */
function failing(backend: Backend, times: number): Backend {
  let left = times
  return {
    ...backend,
    read: async (...call) => {
      const bytes = await backend.read(...call)
      return left-- > 0 ? Buffer.concat([bytes.subarray(1), Buffer.of(0)]) : bytes
    },
  }
}

test('a file is named by the hash of its stored bytes, compressed from version 2 on', async () => {
  for (const version of [1, 2] as const) {
    const repository = repositoryOn(createMemoryBackend(), version)
    const name = await writeUnpacked(repository, 'index', json, ctx)
    const stored = await repository.backend.read({ type: 'index', name }, undefined, ctx)
    expect(hash('sha256', stored, 'hex')).toBe(name)
    expect(open(repository.key, stored, 'x')[0]).toBe(version === 1 ? 0x7b : 2)
    expect(await readUnpacked(repository, { type: 'index', name }, ctx)).toEqual(json)
  }
})

test('bytes that do not match the name are read once more', async () => {
  const repository = repositoryOn(createMemoryBackend())
  const name = await writeUnpacked(repository, 'snapshot', json, ctx)
  const once = { ...repository, backend: failing(repository.backend, 1) }
  expect(await readUnpacked(once, { type: 'snapshot', name }, ctx)).toEqual(json)
  const twice = { ...repository, backend: failing(repository.backend, 2) }
  await expect(readUnpacked(twice, { type: 'snapshot', name }, ctx)).rejects.toThrow(
    `snapshot ${name.slice(0, 8)} is damaged: its content does not match its name`,
  )
})

test('a file sealed with another key is damage', async () => {
  const repository = repositoryOn(createMemoryBackend())
  const bytes = seal(createMasterKey(), json)
  const file = { type: 'lock', name: hash('sha256', bytes, 'hex') } as const
  await repository.backend.write(file, bytes, { content: 'metadata' }, ctx)
  await expect(readUnpacked(repository, file, ctx)).rejects.toThrow(/lock .* is damaged: its tag does not match/)
})

test('a file that is not there says so', async () => {
  const file = { type: 'index', name: 'ab'.repeat(32) } as const
  await expect(readUnpacked(repositoryOn(createMemoryBackend()), file, ctx)).rejects.toMatchObject({
    code: 'STORAGE_FILE_MISSING',
  })
})
