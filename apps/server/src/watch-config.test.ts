import { effectiveConfigOf } from '@holdfast/core/config/testing/effective-config-fixture'
import { quietContext } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { MarkStore } from '@holdfast/orchestrator/catalogue/catalogue'
import { beforeEach, describe, expect, test } from 'vitest'
import { keepConfig } from './config-keeper.ts'
import { createServerLog } from './server-log.ts'
import { createConfigReader } from './watch-config.ts'

const ctx = quietContext()
const lines: string[] = []
const kept = new Map<string, string>()
let isAway = false
let digest = 'one'
let changes = 0

const away = (): void => {
  if (isAway)
    throw new AppError('CATALOGUE_UNREACHABLE', { catalogue: 'postgresql://db/holdfast', reason: 'it restarts' })
}
const marks: MarkStore = {
  get: async (key) => kept.get(key),
  list: async () => kept,
  compareAndSet: async () => false,
  async set(key, value) {
    away()
    kept.set(key, value)
  },
  async remove(key) {
    away()
    kept.delete(key)
  },
}

async function openReader() {
  const read = async () => {
    if (digest === 'wrong') throw new AppError('CONFIG_NOT_FOUND', { tried: 'it is gone' })
    return { config: effectiveConfigOf({}), files: [], digest, warnings: [], shown: {} }
  }
  const keeper = await keepConfig('/nowhere/holdfast.yaml', read, ctx)
  const log = createServerLog({ write: (line) => lines.push(line) }, () => new Date())
  const changed = async (): Promise<void> => void (changes += 1)
  return createConfigReader(keeper, { log, catalogue: { marks }, changed, look: () => {} })
}

beforeEach(() => {
  lines.length = 0
  kept.clear()
  ;[isAway, digest, changes] = [false, 'one', 0]
})

describe('a configuration that is read again', () => {
  test('holds from then on, also while the catalogue is away, which hears of it later', async () => {
    const reader = await openReader()
    kept.set('config/error', 'of before')
    ;[isAway, digest] = [true, 'two']
    expect(await reader('now', ctx)).toBe('changed')
    expect(changes).toBe(1)
    expect(lines.join('')).not.toContain('stays as it was')
    isAway = false
    expect(await reader('touched', ctx)).toBeUndefined()
    expect(kept.size).toBe(0)
  })

  test('and does not hold is refused, with the reason for the finding', async () => {
    const reader = await openReader()
    ;[isAway, digest] = [true, 'wrong']
    await expect(reader('now', ctx)).rejects.toMatchObject({ code: 'CONFIG_NOT_FOUND' })
    isAway = false
    await reader('touched', ctx)
    expect(kept.get('config/error')).toContain('it is gone')
    expect(changes).toBe(0)
    digest = 'one'
    expect(await reader('now', ctx)).toBe('unchanged')
    expect(kept.size).toBe(0)
  })
})
