import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { writeRandomData } from './random-data.ts'
import { writeSmallFiles } from './small-files.ts'
import { writeSqlText } from './sql-text.ts'

const directory = mkdtempSync(join(tmpdir(), 'holdfast-bench-data-'))
afterAll(() => rmSync(directory, { recursive: true }))

const files = (root: string): Map<string, string> =>
  new Map(
    readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((name) => statSync(join(root, name)).isFile())
      .map((name) => [name, readFileSync(join(root, name), 'base64')]),
  )

it('writes the same small files every time, as many as asked for, most of them small', () => {
  const made = writeSmallFiles(join(directory, 'a'), 400)
  writeSmallFiles(join(directory, 'b'), 400)
  const first = files(join(directory, 'a'))
  expect(first.size).toBe(400)
  expect(files(join(directory, 'b'))).toEqual(first)
  expect(made.directories).toBe(Math.round(400 / 7.6))
  const sizes = [...first.values()].map((content) => Buffer.from(content, 'base64').length).toSorted((x, y) => x - y)
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(made.sizeBytes)
  expect(sizes[200]).toBeGreaterThan(1000)
  expect(sizes[200]).toBeLessThan(4000)
})

it('writes texts and random data of exactly the size asked for, the same every time', async () => {
  for (const write of [writeSqlText, writeRandomData]) {
    const [one, two] = [join(directory, `${write.name}-1`), join(directory, `${write.name}-2`)]
    await write(one, 5_000_001)
    await write(two, 5_000_001)
    expect(statSync(one).size).toBe(5_000_001)
    expect(readFileSync(two).equals(readFileSync(one))).toBe(true)
  }
})
