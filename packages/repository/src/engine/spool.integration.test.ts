import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import { createLocalBackend } from '@holdfast/storage/local/local-backend'
import { createMemoryBackend } from '@holdfast/storage/memory/memory-backend'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openSpool } from './spool.ts'
import { createSpoolFile } from './spool-file.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'holdfast-spools-'))
})
afterEach(() => rmSync(root, { recursive: true }))

test('two writers of one process keep out of each other’s way, and leave nothing behind', async () => {
  const backend = createLocalBackend(join(root, 'repository'))
  await backend.create(quietContext())
  const [first, second] = [await openSpool(backend), await openSpool(backend)]
  // of the same name, since each counts for itself
  const names = [first, second].map(({ directory }) => createSpoolFile(directory, join(directory, 'pack-1')).path)
  await first[Symbol.asyncDispose]()
  expect(names.map((path) => existsSync(path))).toEqual([false, true])
  await second[Symbol.asyncDispose]()
  expect(readdirSync(join(root, 'repository/tmp'))).toEqual([])
})

test('a repository that is not mounted is not made', async () => {
  const backend = createLocalBackend(join(root, 'gone'))
  await using spool = await openSpool(backend)
  expect(() => createSpoolFile(spool.directory, join(spool.directory, 'pack-1'))).toThrow(/gone/)
  expect(existsSync(join(root, 'gone'))).toBe(false)
})

test('without a place of the backend it is a temporary directory', async () => {
  const spool = await openSpool(createMemoryBackend())
  expect(existsSync(spool.directory)).toBe(true)
  await spool[Symbol.asyncDispose]()
  expect(existsSync(spool.directory)).toBe(false)
})
