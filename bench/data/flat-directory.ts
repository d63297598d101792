import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SmallFiles } from './small-files.ts'

/** Writes one directory with so many small files, 1 kB on average, and nothing else. */
export function writeFlatDirectory(root: string, files: number): SmallFiles {
  const directory = join(root, 'flat')
  mkdirSync(directory, { recursive: true })
  let sizeBytes = 0
  for (let number = 0; number < files; number++) {
    const content = `content of the file number ${number} `.repeat(1 + (number % 60))
    writeFileSync(join(directory, `file-${number}.txt`), content)
    sizeBytes += content.length
  }
  return { files, directories: 1, sizeBytes }
}
