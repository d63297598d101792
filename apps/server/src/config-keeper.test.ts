import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { effectiveConfigOf } from '@holdfast/core/config/testing/effective-config-fixture'
import { quietContext } from '@holdfast/core/context'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { keepConfig } from './config-keeper.ts'
import type { ServedConfig } from './task/task-message.ts'

// a minute on, so that files were not written just now
const ctx = quietContext({ now: () => new Date(Date.now() + 60_000) })
const directory = mkdtempSync(join(tmpdir(), 'holdfast-keeper-'))
const [path, included] = [join(directory, 'holdfast.yaml'), join(directory, 'more.yaml')]
afterAll(() => rmSync(directory, { recursive: true }))
beforeEach(() => {
  writeFileSync(path, 'one')
  writeFileSync(included, 'more')
})

/** A configuration whose digest is what stands in the files. */
const read = async (): Promise<ServedConfig> => {
  const digest = `${readFileSync(path, 'utf8')} ${readFileSync(included, 'utf8')}`
  if (digest.includes('wrong')) throw new Error('it does not hold')
  return { config: effectiveConfigOf({}), files: [path, included], digest, warnings: [], shown: {} }
}

describe('a configuration', () => {
  test('is read again when one of its files was touched, and else is not', async () => {
    const keeper = await keepConfig(path, read, ctx)
    expect(await keeper.reloadIfTouched(ctx)).toBeUndefined()
    writeFileSync(included, 'other words')
    expect(await keeper.reloadIfTouched(ctx)).toBe('changed')
    expect(keeper.current().digest).toBe('one other words')
    const { config } = keeper.current()
    writeFileSync(included, 'other words')
    expect(await keeper.reload(ctx)).toBe('unchanged')
    expect(keeper.current().config).toBe(config)
  })

  test('that was written while it was read is read once more', async () => {
    let meanwhile = ''
    const slowly = async (): Promise<ServedConfig> => {
      const found = await read()
      if (meanwhile !== '') writeFileSync(path, meanwhile)
      meanwhile = ''
      return found
    }
    const keeper = await keepConfig(path, slowly, ctx)
    writeFileSync(path, 'second')
    meanwhile = 'the third'
    expect(await keeper.reloadIfTouched(ctx)).toBe('changed')
    expect(keeper.current().digest).toBe('second more')
    expect(await keeper.reloadIfTouched(ctx)).toBe('changed')
    expect(keeper.current().digest).toBe('the third more')
  })

  test('that includes another file is read again when that one is touched, though the file itself says the same', async () => {
    let files = [path]
    const including = async (): Promise<ServedConfig> => {
      const digest = files
        .map((file) => readFileSync(file, 'utf8'))
        .join(' ')
        .trim()
      return { config: effectiveConfigOf({}), files, digest, warnings: [], shown: {} }
    }
    writeFileSync(included, '')
    const keeper = await keepConfig(path, including, ctx)
    const { config } = keeper.current()
    files = [path, included]
    expect(await keeper.reload(ctx)).toBe('unchanged')
    expect(keeper.current().config).toBe(config)
    expect(keeper.current().files).toEqual(files)
    writeFileSync(included, 'more')
    expect(await keeper.reloadIfTouched(ctx)).toBe('changed')
    expect(keeper.current().digest).toBe('one more')
    writeFileSync(included, '')
    await keeper.reloadIfTouched(ctx)
    files = [path]
    writeFileSync(path, ' one')
    expect(await keeper.reloadIfTouched(ctx)).toBe('unchanged')
    expect(await keeper.reloadIfTouched(ctx), 'and a file that is not included any more is no reason').toBeUndefined()
  })

  test('one of whose files was found and written while it was read is read once more', async () => {
    let meanwhile = 'later'
    const slowly = async (): Promise<ServedConfig> => {
      const found = await read()
      if (meanwhile !== '') writeFileSync(included, meanwhile)
      meanwhile = ''
      return found
    }
    const now = quietContext()
    const keeper = await keepConfig(path, slowly, now)
    expect(await keeper.reloadIfTouched(now)).toBe('changed')
    expect(keeper.current().digest).toBe('one later')
    expect(await keeper.reloadIfTouched(now)).toBeUndefined()
  })

  test('that does not hold is told once, and the one before stays', async () => {
    const keeper = await keepConfig(path, read, ctx)
    writeFileSync(path, 'wrong')
    await expect(keeper.reloadIfTouched(ctx)).rejects.toThrow('it does not hold')
    expect(await keeper.reloadIfTouched(ctx)).toBeUndefined()
    expect(keeper.current().digest).toBe('one more')
    writeFileSync(path, 'right again')
    expect(await keeper.reloadIfTouched(ctx)).toBe('changed')
  })
})
