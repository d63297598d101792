/** Point-in-time recovery from a repository whose packs of file data the store archives. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type PostgresServer, startPostgres } from '@holdfast/connectors/postgresql/testing/postgres-server'
import { quietContext } from '@holdfast/core/context'
import { requestArchived } from '@holdfast/repository/archive/request-archived'
import { initRepository } from '@holdfast/repository/open/init-repository'
import type { Repository } from '@holdfast/repository/repository'
import { type ArchiveServer, startArchiveServer } from '@holdfast/storage/s3/archive-server'
import { createS3Backend } from '@holdfast/storage/s3/s3-backend'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findArchivedFacts } from '../backup/find-archived-facts.ts'
import { backupPostgres } from './backup-postgres.ts'
import { executePostgresRestore } from './execute-restore.ts'
import { planPostgresRestore } from './plan-restore.ts'
import { saveSettings } from './recovery-fixture.ts'

const ctx = quietContext()
const stack = new AsyncDisposableStack()
let store: ArchiveServer
let server: PostgresServer
let directory: string
let repository: Repository

beforeAll(async () => {
  store = stack.use(await startArchiveServer())
  server = stack.use(await startPostgres())
  directory = mkdtempSync(join(tmpdir(), 'holdfast-archived-'))
  stack.defer(() => rmSync(directory, { recursive: true, force: true }))
  const location = { kind: 's3', endpoint: store.endpoint, bucket: 'bucket', prefix: 'cold' } as const
  const keys = { accessKeyId: 'key', secretAccessKey: 'secret' }
  const backend = stack.use(createS3Backend({ location, ...keys, storageClass: 'GLACIER' }))
  const cheapKey = { identity: { username: 'test', hostname: 'test' }, cost: { N: 2, r: 1, p: 1 } } as const
  repository = await initRepository(backend, 'password', cheapKey, ctx)
})
afterAll(() => stack.disposeAsync())

test('first the facts are brought back, then what the plan needs; nothing is written before', async () => {
  const options = { source: 'shop', method: 'wire', checkpoint: 'fast', verifyPages: true } as const
  // small packs, so that the manifest is not in that of all the data
  const settings = { ...saveSettings, packBytes: 1 << 16, tags: [] }
  await backupPostgres([repository], server.target(), { ...options, label: 'test', toolVersion: '0' }, settings, ctx)
  const to = join(directory, 'recovered')
  const target = { stop: { type: 'latest' }, inclusive: true, timeline: 'latest' } as const
  const request = { source: 'shop', target, to, tablespaceMapping: new Map(), action: 'promote' } as const
  const plan = () => planPostgresRestore(repository, { ...request, delta: false, workers: 2 }, ctx)
  const order = { days: 3, tier: 'standard' } as const

  await expect(plan()).rejects.toMatchObject({ code: 'STORAGE_ARCHIVED' })
  const facts = await findArchivedFacts(repository, 'shop', ctx)
  expect(facts).toMatchObject({ packs: [{ archiveClass: 'GLACIER', isRequested: false }], isComplete: false })
  await requestArchived(repository, facts, order, ctx)
  store.deliver()

  const archived = (await plan()).archived
  expect(archived.packs.length).toBeGreaterThan(0)
  await expect(executePostgresRestore(await plan(), ctx)).rejects.toMatchObject({ code: 'RESTORE_ARCHIVED' })
  expect(existsSync(to)).toBe(false)
  await requestArchived(repository, archived, order, ctx)
  store.deliver()

  const ready = await plan()
  expect(ready.archived.packs).toEqual([])
  expect((await executePostgresRestore(ready, ctx)).filesRestored).toBeGreaterThan(500)
})
