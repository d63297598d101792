import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeTree } from '../format/tree.ts'
import { restore } from './restore.ts'
import type { RestoreRequest } from './restore-request.ts'
import { HandmadeRepository, plainNode } from './testing/handmade-repository.ts'

const root = mkdtempSync(join(tmpdir(), 'holdfast-full-'))
const disk = join(root, 'disk')
const ctx = quietContext()
const content = randomBytes(1 << 20)
const made = new HandmadeRepository()
let tree = ''

function request(target: string, overrides: Partial<RestoreRequest>): RestoreRequest {
  const flags = { delete: false, verify: false, dryRun: false, sparse: false, verbose: false }
  return { tree, target, overwrite: 'always', workers: 2, ...flags, ...overrides }
}

function mountDisk(): boolean {
  mkdirSync(disk)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'holdfast-test', disk], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
const isMounted = mountDisk()

beforeAll(async () => {
  const id = made.add('data', content)
  const nodes = Array.from({ length: 6 }, (_, i) => plainNode(`file-${i}`, { size: content.length, content: [id] }))
  tree = made.add('tree', encodeTree(nodes))
  await made.store(ctx)
})

afterAll(() => {
  if (isMounted) execFileSync('umount', [disk])
  rmSync(root, { recursive: true, force: true })
})

describe.skipIf(!isMounted)('a disk that is too small', () => {
  it('is noticed before anything is written, with figures', async () => {
    const target = join(disk, 'early')
    const asked = restore(made.repository, request(target, {}), ctx)
    await expect(asked).rejects.toMatchObject({
      code: 'TARGET_UNUSABLE',
      message: expect.stringMatching(/6\.000 MiB have to go there and only 4\.000 MiB are free/),
    })
    expect(existsSync(target)).toBe(false)
  })

  it('ends the restore with one error when it fills up, keeps what was restored, and the next attempt continues', async () => {
    const target = join(disk, 'late')
    // nobody knows beforehand how much a sparse restore takes
    const asked = restore(made.repository, request(target, { sparse: true }), ctx)
    await expect(asked).rejects.toMatchObject({ code: 'TARGET_FULL' })
    const include = [{ lines: ['file-0', 'file-1'] }]
    const report = await restore(made.repository, request(target, { include }), ctx)
    expect(report.errors).toEqual([])
    expect(readFileSync(join(target, 'file-1'))).toEqual(content)
  })
})
