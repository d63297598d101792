/** Backup, check, restore, forget and prune on real servers: S3 over a line that breaks, and restic's REST protocol. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import type { Event } from '@holdfast/core/events/event'
import { listTree, treeDifferences } from '@holdfast/repository/restore/testing/tree-listing'
import type { Backend } from '@holdfast/storage/backend'
import { parseLocation } from '@holdfast/storage/location'
import { openBackend } from '@holdfast/storage/open-backend'
import { startRcloneServer } from '@holdfast/storage/rest/testing/rclone-server'
import { startCephServer } from '@holdfast/storage/s3/testing/ceph-server'
import { afterAll, expect, test } from 'vitest'
import { SeededRandom } from '../scenario/random.ts'
import { createScenarioRepository, reopen } from '../scenario/scenario-repository.ts'
import { openScratch } from '../scenario/scratch.ts'
import { backup, checkErrors, forget, prune, restoreTo, snapshotIdOf } from '../scenario/verbs.ts'
import { startCuttingProxy } from './cutting-proxy.ts'

const scratch = openScratch()
const random = new SeededRandom(5)
const mebi = 1024 * 1024

afterAll(() => scratch[Symbol.dispose]())

/** A life in short: two backups, a restore of each, one forgotten, pruned; `trouble` is called before each step. */
async function live(backend: Backend, trouble: () => void, events: Event[]): Promise<void> {
  const ctx = quietContext({ emit: (event) => void events.push(event) })
  const source = scratch.place('source')
  mkdirSync(join(source, 'below'), { recursive: true })
  for (let i = 0; i < 10; i++) writeFileSync(join(source, 'below', `file-${i}`), random.bytes(i * 100_000))
  writeFileSync(join(source, 'large'), random.bytes(12 * mebi))
  const created = await createScenarioRepository(backend, ctx)
  trouble()
  const first = snapshotIdOf(await backup(created, [source], {}, ctx))
  const firstTree = listTree(source)
  writeFileSync(join(source, 'new'), random.bytes(5 * mebi))
  rmSync(join(source, 'below/file-7'))
  trouble()
  const second = snapshotIdOf(await backup(created, [source], {}, ctx))
  const repository = await reopen(backend, ctx)
  const expectRestored = async (id: string, tree: Map<string, string>): Promise<void> => {
    const target = scratch.place('restored')
    expect((await restoreTo(repository, id, target, { verify: true }, ctx)).errors).toEqual([])
    expect(treeDifferences(tree, listTree(join(target, basename(source))))).toEqual([])
  }
  await expectRestored(first, firstTree)
  expect(await checkErrors(repository, ctx)).toEqual([])
  await forget(repository, [first], ctx)
  trouble()
  await prune(repository, ctx)
  await expectRestored(second, listTree(source))
  expect(await checkErrors(repository, ctx)).toEqual([])
}

test('a repository on S3 survives connections that break in the middle of an upload', async () => {
  await using server = await startCephServer()
  await using proxy = await startCuttingProxy(Number(new URL(server.endpoint).port))
  const ctx = quietContext()
  const { accessKeyId, secretAccessKey } = server
  const options = { s3: { accessKeyId, secretAccessKey } }
  const location = parseLocation(`s3:http://127.0.0.1:${proxy.port}/holdfast/place`)
  await using backend = await openBackend(location, options, ctx)
  const events: Event[] = []
  let troubles = 0
  await live(
    backend,
    () => {
      troubles++
      proxy.cutAfter(mebi)
    },
    events,
  )
  expect([troubles, proxy.cuts]).toEqual([3, 3])
  expect(events.filter(({ type }) => type === 'request.retried').length).toBeGreaterThan(0)
})

test("a repository on a server of restic's REST protocol survives them too", async () => {
  await using server = await startRcloneServer()
  await using proxy = await startCuttingProxy(server.port)
  const location = parseLocation(`rest:http://127.0.0.1:${proxy.port}/place/`)
  await using backend = await openBackend(location, {}, quietContext())
  await live(backend, () => proxy.cutAfter(mebi), [])
  expect(proxy.cuts).toBe(3)
})
