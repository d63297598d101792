/** Files whose parts come from several programs at once, as those of a parallel dump do. */
import fs from 'node:fs'
import { join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import { save } from '@holdfast/repository/save/save'
import type { SourceEntry } from '@holdfast/repository/save/save-request'
import { listSnapshots } from '@holdfast/repository/snapshot/list-snapshots'
import { createMemoryBackend } from '@holdfast/storage/memory/memory-backend'
import { afterAll, expect, test } from 'vitest'
import { SeededRandom } from '../scenario/random.ts'
import { createScenarioRepository } from '../scenario/scenario-repository.ts'
import { openScratch } from '../scenario/scratch.ts'
import { restoreTo, saveRequest, snapshotIdOf } from '../scenario/verbs.ts'

const scratch = openScratch()
afterAll(() => scratch[Symbol.dispose]())
const ctx = quietContext()
const random = new SeededRandom(12)
const mebi = 1 << 20

const partsEntry = (path: string, parts: readonly AsyncIterable<Uint8Array>[]): SourceEntry => ({
  kind: 'file',
  path,
  mode: 0o600,
  modifiedAt: new Date('2026-01-02T03:04:05Z'),
  content: { type: 'parts', parts },
})

function requestOf(entries: AsyncIterable<SourceEntry>) {
  return saveRequest([scratch.path], { source: { type: 'entries', path: '/mysql/shop', entries } })
}

async function* after(wait: Promise<unknown>, content: Buffer, done = (): void => {}): AsyncGenerator<Uint8Array> {
  await wait
  for (let at = 0; at < content.length; at += 60_000) yield content.subarray(at, at + 60_000)
  done()
}

test('parts are read side by side and put together in order, and what is the same is stored once', async () => {
  const contents = [12 * mebi, 0, 5, 3 * mebi, 700_000].map((size) => random.bytes(size))
  const [one, none, few, two, three] = contents as [Buffer, Buffer, Buffer, Buffer, Buffer]
  const repository = await createScenarioRepository(createMemoryBackend(), ctx)
  async function* entries(): AsyncGenerator<SourceEntry> {
    const [b, c] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    // the beginning of the first waits for the second file, whose end waits for the first one's end
    yield partsEntry('mysql/shop/a', [
      after(b.promise, one),
      after(b.promise, none),
      after(b.promise, three, c.resolve),
    ])
    yield partsEntry('mysql/shop/b', [after(Promise.resolve(), few, b.resolve), after(c.promise, two)])
    yield partsEntry('mysql/shop/none', [])
    yield { kind: 'settle' }
  }
  const report = await save([repository], requestOf(entries()), ctx)
  expect(report).toMatchObject({ filesNew: 3, bytesTotal: contents.reduce((sum, { length }) => sum + length, 0) })
  const target = scratch.place('restored')
  await restoreTo(repository, snapshotIdOf(report), target, {}, ctx)
  const read = (name: string): Buffer => fs.readFileSync(join(target, 'mysql/shop', name))
  expect(read('a').equals(Buffer.concat([one, three]))).toBe(true)
  expect(read('b').equals(Buffer.concat([few, two]))).toBe(true)
  expect(read('none')).toHaveLength(0)
  // a row before it does not move the cuts of another part
  async function* changed(): AsyncGenerator<SourceEntry> {
    const now = Promise.resolve()
    yield partsEntry('mysql/shop/a', [after(now, Buffer.concat([few, one])), after(now, three)])
    yield partsEntry('mysql/shop/b', [after(now, few), after(now, two)])
  }
  const again = await save([repository], requestOf(changed()), ctx)
  expect(again.repositories[0]?.dataAdded).toBeLessThan(4 * mebi)
})

test('a part that fails ends the backup, and the parts that nobody has begun to give', async () => {
  const repository = await createScenarioRepository(createMemoryBackend(), ctx)
  const ended = Promise.withResolvers<void>()
  let isReturned = false
  // oxlint-disable-next-line require-yield
  async function* fails(): AsyncGenerator<Uint8Array> {
    throw new Error('the program died')
  }
  async function* entries(): AsyncGenerator<SourceEntry> {
    try {
      yield partsEntry('mysql/shop/a', [after(ended.promise, random.bytes(10)), fails()])
      yield { kind: 'settle' }
    } finally {
      isReturned = true
      ended.reject(new Error('the source was left'))
    }
  }
  const startedAt = performance.now()
  await expect(save([repository], requestOf(entries()), ctx)).rejects.toThrow('the program died')
  expect(isReturned).toBe(true)
  expect(performance.now() - startedAt).toBeLessThan(5000)
  expect(await listSnapshots(repository, {}, ctx)).toEqual([])
})
