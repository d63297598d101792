import { lstatSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeSpecialFile } from './special-files.ts'

let work = ''
beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'holdfast-special-'))
})
afterAll(() => rmSync(work, { recursive: true, force: true }))

const isRoot = process.getuid?.() === 0

describe.runIf(process.platform === 'linux')('makeSpecialFile', () => {
  test('makes a named pipe and a socket', () => {
    expect(makeSpecialFile(join(work, 'pipe'), 'fifo', 0o600)).toBe(true)
    expect(makeSpecialFile(Buffer.from(`${work}/\xff`, 'latin1'), 'socket', 0o700)).toBe(true)
    const pipe = lstatSync(join(work, 'pipe'))
    expect([pipe.isFIFO(), pipe.mode & 0o7777]).toEqual([true, 0o600])
    expect(lstatSync(Buffer.from(`${work}/\xff`, 'latin1')).isSocket()).toBe(true)
  })

  // Device 4:259 has a minor number that does not fit eight bits.
  test.runIf(isRoot).each([
    ['chardev', lstatSync('/dev/null', { bigint: true }).rdev],
    ['dev', 0x10_0403n],
  ] as const)('makes a %s with its number', (kind, device) => {
    const path = join(work, kind)
    makeSpecialFile(path, kind, 0o640, device)
    const made = lstatSync(path, { bigint: true })
    expect(made.rdev).toBe(device)
    expect([made.isCharacterDevice(), made.isBlockDevice()]).toEqual([kind === 'chardev', kind === 'dev'])
  })

  test('replaces nothing', () => {
    makeSpecialFile(join(work, 'twice'), 'fifo', 0o600)
    expect(() => makeSpecialFile(join(work, 'twice'), 'fifo', 0o600)).toThrow(
      expect.objectContaining({ code: 'EEXIST' }),
    )
  })
})
