import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { makePassingDirectory } from './passing-directory.ts'

it('is private, and takes the place of what a killed process left', async () => {
  const prefix = `holdfast-passing-test-${process.pid}-`
  const { pid } = spawnSync('true')
  const left = join(tmpdir(), `${prefix}${pid}-abc`)
  mkdirSync(left)
  const own = await makePassingDirectory(prefix)
  expect(existsSync(left)).toBe(false)
  const other = await makePassingDirectory(prefix)
  expect(existsSync(own)).toBe(true)
  expect(statSync(own).mode & 0o777).toBe(0o700)
  for (const path of [own, other]) rmSync(path, { recursive: true })
})
