import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { allowedOriginal, allowedPlace } from './restore-place.ts'

let directory: string
let root: string
beforeAll(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-place-')))
  root = join(directory, 'restores')
  mkdirSync(join(root, 'inner'), { recursive: true })
  mkdirSync(join(directory, 'outside'))
  symlinkSync(join(directory, 'outside'), join(root, 'out'))
  symlinkSync(join(root, 'inner'), join(root, 'in'))
  symlinkSync(join(directory, 'outside', 'nothing', 'there'), join(root, 'dangling'))
  symlinkSync(root, join(directory, 'alias'))
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const ask = (path: string) => allowedPlace(path, { restoreTo: [root, '/srv/other'] })

test('a relative path is below the first directory, an absolute one below any', async () => {
  expect(await ask('shop')).toBe(join(root, 'shop'))
  expect(await ask('a/b/c/')).toBe(join(root, 'a', 'b', 'c'))
  expect(await ask(join(root, 'shop'))).toBe(join(root, 'shop'))
  expect(await ask('/srv/other/shop')).toBe('/srv/other/shop')
})

test('links may lead about, as long as they stay inside', async () => {
  expect(await ask('in/new')).toBe(join(root, 'in', 'new'))
  const byAlias = { restoreTo: [join(directory, 'alias')] }
  expect(await allowedPlace('shop', byAlias)).toBe(join(directory, 'alias', 'shop'))
})

test.each([
  ['..'],
  ['../outside'],
  ['a/../../outside'],
  ['a/../b'],
  ['./a'],
  ['/etc'],
  ['/'],
  [''],
  ['out'],
  ['out/new'],
  ['out/deep/er'],
  ['dangling'],
  ['dangling/x'],
  ['a\0b'],
])('%j is no place to restore to', async (path) => {
  await expect(ask(path)).rejects.toMatchObject({ code: 'RESTORE_TARGET_FORBIDDEN' })
})

test('neither is an allowed directory itself, nor one whose name only begins like it', async () => {
  await expect(ask(root)).rejects.toMatchObject({ code: 'RESTORE_TARGET_FORBIDDEN' })
  await expect(ask(`${root}/`)).rejects.toMatchObject({ code: 'RESTORE_TARGET_FORBIDDEN' })
  await expect(ask(`${root}-more/x`)).rejects.toMatchObject({ code: 'RESTORE_TARGET_FORBIDDEN' })
  expect(await allowedOriginal(root, { restoreTo: [root] })).toBe(root)
  await expect(allowedOriginal('/etc', { restoreTo: [root] })).rejects.toMatchObject({
    code: 'RESTORE_TARGET_FORBIDDEN',
  })
})

test('without a directory in the configuration there is no place, and the error names the setting', async () => {
  const refused = allowedPlace('shop', { restoreTo: [] })
  await expect(refused).rejects.toMatchObject({ code: 'RESTORE_NOT_ALLOWED' })
  await expect(refused).rejects.toThrow('server.restoreTo')
})
