import { closeSync, openSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { describe, expect, test } from 'vitest'
import { freeBytes, syncFileSystem } from './filesystem.ts'

describe('file system', () => {
  test('free space is what is left for ordinary users', async () => {
    const { bsize, blocks } = statfsSync(tmpdir(), { bigint: true })
    const free = await freeBytes(tmpdir())
    expect(free).toBeGreaterThan(0n)
    expect(free).toBeLessThanOrEqual(bsize * blocks)
    expect(free % bsize).toBe(0n)
  })

  test.runIf(process.platform === 'linux')(
    'is synced through any open file, without blocking the event loop',
    async () => {
      const fd = openSync(tmpdir(), 'r')
      let ticked = false
      setImmediate(() => {
        ticked = true
      })
      expect(await syncFileSystem(fd)).toBe(true)
      await new Promise((resolve) => setImmediate(resolve))
      expect(ticked).toBe(true)
      closeSync(fd)
      await expect(syncFileSystem(9999)).rejects.toThrow(/could not be synced/)
    },
  )
})
