import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { joinPath, readNames } from './raw-path.ts'

test('names come in the order of their bytes, whatever they hold', () => {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-names-'))
  try {
    // in UTF-16 the emoji sorts before U+FF5E, in UTF-8 after it; 0xff is no UTF-8 at all
    const names = ['b', 'a', 'Z', 'ä', '\uff5e', '😀', '\ufffd'].map((name) => Buffer.from(name))
    names.push(Buffer.from([0x66, 0xff]), Buffer.from([0x66, 0xfe]))
    for (const name of names) writeFileSync(Buffer.concat([Buffer.from(`${directory}/`), name]), '')
    const read = readNames(directory).map((name) => Buffer.from(name))
    expect(read).toEqual(names.toSorted(Buffer.compare))
    expect(readNames(directory)).toContain('\ufffd')
  } finally {
    rmSync(directory, { recursive: true })
  }
})

test('a path stays text until a name is not', () => {
  expect(joinPath('/', 'a')).toBe('/a')
  expect(joinPath('/a', 'b')).toBe('/a/b')
  expect(joinPath('/a', Buffer.from([0xff]))).toEqual(Buffer.from([0x2f, 0x61, 0x2f, 0xff]))
})
