import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import { afterAll, expect, it } from 'vitest'
import { findPassword, parsePasswordLines, passwordLineFor, readPasswordFile } from './password-file.ts'

const directory = mkdtempSync(join(tmpdir(), 'holdfast-pgpass-'))
afterAll(() => rmSync(directory, { recursive: true }))

const db1 = { host: 'db1', port: 5432 }
const backup = { user: 'backup' }

it('takes the first line that matches, with escapes undone', () => {
  const lines = parsePasswordLines(
    [
      '# a comment',
      'too:few:fields',
      'db2:*:*:backup:wrong',
      'db1:5432:shop:other:wrong',
      'db1:*:*:backup:a\\:b\\\\c',
      '*:*:*:*:last',
    ].join('\r\n'),
  )
  expect(findPassword(lines, db1, 'shop', backup)).toBe('a:b\\c')
  expect(findPassword(lines, { host: 'db9', port: 1 }, 'shop', backup)).toBe('last')
  expect(findPassword(lines.slice(0, 1), db1, 'shop', backup)).toBeUndefined()
})

it('keeps a password with a colon that was not escaped up to the colon, as psql does', () => {
  expect(findPassword(parsePasswordLines('*:*:*:*:a:b'), db1, 'shop', backup)).toBe('a')
})

it('matches localhost for a socket directory', () => {
  const lines = parsePasswordLines('localhost:5432:*:backup:local')
  expect(findPassword(lines, { host: '/var/run/postgresql', port: 5432 }, 'shop', backup)).toBe('local')
})

it('finds the password of a replication connection by the word replication, else by the database', () => {
  const lines = parsePasswordLines('db1:5432:replication:backup:first\ndb1:5432:shop:backup:second')
  expect(findPassword(lines, db1, 'replication', { ...backup, database: 'shop' })).toBe('first')
  expect(findPassword(lines.slice(1), db1, 'replication', { ...backup, database: 'shop' })).toBe('second')
})

it('writes a line that matches, for the hint', () => {
  const line = passwordLineFor({ host: '::1', port: 5432 }, 'backup').replace('<password>', 'x')
  expect(line).toBe(String.raw`\:\:1:5432:*:backup:x`)
  expect(findPassword(parsePasswordLines(line), { host: '::1', port: 5432 }, 'shop', backup)).toBe('x')
})

it('ignores a file that others can read, and says so', () => {
  const path = join(directory, 'open')
  writeFileSync(path, '*:*:*:*:secret', { mode: 0o644 })
  const messages: unknown[] = []
  expect(readPasswordFile(path, quietContext({ emit: (event) => messages.push(event) }))).toEqual([])
  expect(messages).toEqual([{ type: 'message.noted', level: 'warning', message: expect.stringContaining('chmod 600') }])
})

it('reads a private file, and takes a missing one for none', () => {
  const path = join(directory, 'private')
  writeFileSync(path, '*:*:*:*:secret', { mode: 0o600 })
  expect(readPasswordFile(path, quietContext())).toHaveLength(1)
  expect(readPasswordFile(join(directory, 'missing'), quietContext())).toEqual([])
  expect(readPasswordFile('/dev/null', quietContext())).toEqual([])
})
