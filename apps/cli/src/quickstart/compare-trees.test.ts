import { cp, link, lutimes, mkdir, mkdtemp, rm, symlink, unlink, utimes, writeFile, chmod } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { compareTrees } from './compare-trees.ts'

let folder = ''
const time = new Date('2026-01-02T03:04:05Z')

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-compare-'))
  for (const side of ['a', 'b']) {
    const root = join(folder, side)
    await mkdir(join(root, 'inner'), { recursive: true })
    await writeFile(join(root, 'inner/file'), 'content')
    await link(join(root, 'inner/file'), join(root, 'twin'))
    await symlink('inner/file', join(root, 'link'))
    await writeFile(join(root, 'cache'), side)
    for (const path of ['inner/file', 'inner', '.']) await utimes(join(root, path), time, time)
    await lutimes(join(root, 'link'), time, time)
  }
})
afterEach(() => rm(folder, { recursive: true }))

const compare = () => compareTrees(join(folder, 'a'), join(folder, 'b'), (name) => name === 'cache').differences
const restoreTimes = async () => {
  for (const path of ['b/inner', 'b']) await utimes(join(folder, path), time, time)
}

test('equal trees have no differences but what was left out on one side', async () => {
  await rm(join(folder, 'b/cache'))
  await restoreTimes()
  expect(compareTrees(join(folder, 'a'), join(folder, 'b'), (name) => name === 'cache')).toMatchObject({
    files: 2,
    directories: 2,
    links: 1,
    bytes: 14,
    differences: [],
  })
})

const changes: [string, string, (root: string) => Promise<void>][] = [
  [
    'a byte',
    'other content from byte 0 on',
    async (root) => {
      await writeFile(join(root, 'inner/file'), 'Content')
      await utimes(join(root, 'inner/file'), time, time)
    },
  ],
  ['a length', '8 bytes instead of 7', (root) => writeFile(join(root, 'inner/file'), 'content+')],
  ['a mode', 'mode 100600 instead of', (root) => chmod(join(root, 'twin'), 0o600)],
  ['a time', 'another modification time', (root) => utimes(join(root, 'inner'), time, new Date(0))],
  ['a missing file', 'it is missing', (root) => unlink(join(root, 'link'))],
  ['an additional file', 'it is only in the copy', (root) => writeFile(join(root, 'inner/more'), '')],
  [
    'a link target',
    'another link target',
    async (root) => {
      await unlink(join(root, 'link'))
      await symlink('twin', join(root, 'link'))
    },
  ],
  [
    'a kind',
    'it is a directory now',
    async (root) => {
      await unlink(join(root, 'twin'))
      await mkdir(join(root, 'twin'))
    },
  ],
  [
    'a hard link that became a copy',
    'linked to other files',
    async (root) => {
      await unlink(join(root, 'twin'))
      await cp(join(root, 'inner/file'), join(root, 'twin'), { preserveTimestamps: true })
    },
  ],
]

test.each(changes)('%s is found', async (_what, difference, change) => {
  await rm(join(folder, 'b/cache'))
  await change(join(folder, 'b'))
  expect(compare().join('\n')).toContain(difference)
})
