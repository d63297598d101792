import { quietContext } from '@holdfast/core/context'
import { encodeLockFile } from '@holdfast/repository/format/lock-file'
import { writeUnpacked } from '@holdfast/repository/open/unpacked-files'
import { buildRepository } from '@holdfast/repository/tree/built-repository'
import { createMemoryBackend } from '@holdfast/storage/memory/memory-backend'
import { expect, test } from 'vitest'
import type { OwnFiles } from './own-files.ts'
import { whileLocked } from './while-locked.ts'

const ctx = quietContext()

function setUp() {
  const repository = buildRepository(createMemoryBackend('locked'))
  const mine = new Set<string>()
  const lock = async (exclusive: boolean, isMine: boolean, pid = 1): Promise<string> => {
    const holder = { hostname: 'host', username: 'user', pid, uid: 0, gid: 0 }
    const json = encodeLockFile({ time: ctx.now().toISOString(), exclusive, ...holder })
    const name = await writeUnpacked(repository, 'lock', json, ctx)
    if (isMine) mine.add(name)
    return name
  }
  const unlock = (name: string): Promise<void> => repository.backend.remove({ type: 'lock', name }, ctx)
  const own: Pick<OwnFiles, 'isOwn'> = { isOwn: async (_type, name) => mine.has(name) }
  const done: string[] = []
  const run = (work: () => Promise<unknown> = async () => {}): Promise<void> =>
    whileLocked(
      {
        ...{ agent: 'web', repository, identity: { hostname: 'host', username: 'user', pid: 2 } },
        // boundary: nothing else of it is used
        own: own as OwnFiles,
        work: async () => {
          await work()
          done.push('done')
        },
        undo: async () => void done.push('undone'),
      },
      ctx,
    )
  return { lock, unlock, run, done }
}

test('under its own lock, beside those of others, it is done', async () => {
  const { lock, run, done } = setUp()
  await lock(false, true)
  await lock(false, false)
  await run()
  expect(done).toEqual(['done'])
})

test('without a lock, or while somebody has the repository alone, it is not begun', async () => {
  const { lock, unlock, run, done } = setUp()
  await lock(false, false)
  await expect(run()).rejects.toMatchObject({ code: 'GATEWAY_DENIED' })
  await lock(false, true)
  const alone = await lock(true, false)
  await expect(run()).rejects.toMatchObject({ code: 'GATEWAY_BUSY' })
  expect(done).toEqual([])
  await unlock(alone)
  await lock(true, false, 4_000_000)
  await run()
  expect(done, 'a lock that nobody holds holds nobody back').toEqual(['done'])
})

test('when the lock is lost meanwhile it is undone, even if there is another by then', async () => {
  const { lock, unlock, run, done } = setUp()
  let replaced = await lock(false, true)
  const replace = async (): Promise<void> => {
    await unlock(replaced)
    replaced = await lock(false, true)
  }
  await expect(run(replace)).rejects.toMatchObject({ code: 'GATEWAY_DENIED' })
  expect(done).toEqual(['done', 'undone', 'done', 'undone', 'done', 'undone'])
})

test('when somebody has got the repository alone meanwhile it is undone', async () => {
  const { lock, run, done } = setUp()
  await lock(false, true)
  await expect(run(() => lock(true, false))).rejects.toMatchObject({ code: 'GATEWAY_BUSY' })
  expect(done).toEqual(['done', 'undone'])
})

test('a lock that is renewed meanwhile costs one more attempt', async () => {
  const { lock, unlock, run, done } = setUp()
  const first = await lock(false, true)
  let isRenewed = false
  await run(async () => {
    if (!isRenewed) {
      await lock(false, true)
      await unlock(first)
    }
    isRenewed = true
  })
  expect(done).toEqual(['done', 'undone', 'done'])
})
