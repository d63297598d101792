/** A continuous log in a repository that restic works on too: tips are not restic's, and must be in nobody's way. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import { contentOfLog, countFiles, logBytes, logFile, logOptions, shopLog } from '@holdfast/repository/log/log-fixture'
import { logFileKey } from '@holdfast/repository/log/log-file'
import { openLogWriter } from '@holdfast/repository/log/log-writer'
import { readLog } from '@holdfast/repository/log/read-log'
import { restoreLogFiles } from '@holdfast/repository/log/restore-log'
import { createLocalBackend } from '@holdfast/storage/local/local-backend'
import { afterAll, describe, expect, test } from 'vitest'
import { createScenarioRepository, reopen } from '../scenario/scenario-repository.ts'
import { openScratch } from '../scenario/scratch.ts'
import { checkErrors, prune } from '../scenario/verbs.ts'
import { programs, resticOn } from './restic.ts'

const ctx = quietContext()
const scratch = openScratch()
afterAll(() => scratch[Symbol.dispose]())

describe.each(programs)('%s beside a log', (program) => {
  test('checks, forgets, prunes and restores as if there were no tips, and leaves them alone', async () => {
    const path = scratch.place('repository')
    const repository = await createScenarioRepository(createLocalBackend(path), ctx)
    const restic = resticOn(program, path)
    const writer = await openLogWriter(repository, shopLog, logOptions, ctx)
    for (const numbers of [[1, 2], [3, 4], [5]]) {
      for (const number of numbers) await writer.append(logFile(number, 700_000), ctx)
      await writer.batch(ctx)
    }
    await writer.append(logFile(6), ctx)
    await writer.grow({ ...logFile(7), bytes: logBytes(7, 1000) }, ctx)
    await writer[Symbol.asyncDispose]()
    expect(await countFiles(repository.backend, 'tip', ctx)).toBe(2)
    const before = await contentOfLog(repository, ctx)
    expect(before.size).toBe(7)

    expect(await restic(['check', '--read-data'])).toContain('no errors were found')
    // the log is in a group of its own, so a policy for backups keeps it
    await restic(['forget', '--keep-last', '1', '--prune'])
    expect(await restic(['check', '--read-data'])).toContain('no errors were found')
    await prune(await reopen(createLocalBackend(path), ctx), ctx)
    expect(await checkErrors(await reopen(createLocalBackend(path), ctx), ctx)).toEqual([])
    const after = await contentOfLog(await reopen(createLocalBackend(path), ctx), ctx)
    expect([...after.keys()]).toEqual([...before.keys()])
    for (const [key, bytes] of before) expect(after.get(key)?.equals(bytes), key).toBe(true)

    const target = scratch.place('restored')
    await restic(['restore', 'latest', '--tag', 'log=wal', '--target', target])
    for (const number of [1, 2, 3, 4, 5]) {
      const restored = await readFile(join(target, 'postgresql/shop/wal', logFileKey(logFile(number))))
      expect(restored.equals(logFile(number, 700_000).bytes), String(number)).toBe(true)
    }
  })
})

describe('files of a log', () => {
  test('are restored side by side into one directory, from snapshots and tips alike', async () => {
    const repository = await createScenarioRepository(createLocalBackend(scratch.place('repository')), ctx)
    await using writer = await openLogWriter(repository, shopLog, logOptions, ctx)
    const history = { folder: '', name: '00000002.history', bytes: Buffer.from('1\t0/5\n'), facts: {} }
    for (const number of [1, 2, 0x100, 0x101]) await writer.append(logFile(number, 700_000), ctx)
    await writer.append(history, ctx)
    await writer.batch(ctx)
    await writer.append(logFile(0x102), ctx)
    await writer.flush(ctx)
    const log = await readLog(repository, shopLog, ctx)
    const wanted = (await log.allFiles(ctx)).filter(({ name }) => name !== logFile(1).name)
    const directory = scratch.place('wal')
    await restoreLogFiles(repository, log, wanted, { directory, workers: 2 }, ctx)
    for (const number of [2, 0x100, 0x101]) {
      const bytes = await readFile(join(directory, logFile(number).name))
      expect(bytes.equals(logFile(number, 700_000).bytes)).toBe(true)
    }
    expect((await readFile(join(directory, logFile(0x102).name))).equals(logFile(0x102).bytes)).toBe(true)
    expect(await readFile(join(directory, history.name), 'utf8')).toBe('1\t0/5\n')
    await expect(readFile(join(directory, logFile(1).name))).rejects.toMatchObject({ code: 'ENOENT' })
  })
})
