import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { findAbandonedSandboxes } from './abandoned-sandboxes.ts'

const parent = mkdtempSync(join(tmpdir(), 'holdfast-abandoned-'))
afterAll(() => rmSync(parent, { recursive: true, force: true }))

test('only sandboxes of the kind that is asked for, of processes that are dead, are abandoned', async () => {
  const dead = spawnSync('true').pid
  const abandoned = join(parent, `box-${dead}-a`)
  const others = [`box-${process.pid}-b`, `other-${dead}-c`, `box-${dead}`, 'box-none-d']
  for (const path of [abandoned, ...others.map((name) => join(parent, name))]) mkdirSync(path)
  expect(await findAbandonedSandboxes(parent, 'box-')).toEqual([abandoned])
  expect(await findAbandonedSandboxes(join(parent, 'missing'), 'box-')).toEqual([])
})
