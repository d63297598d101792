import { existsSync, readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { decodeTextFile } from '@holdfast/repository/filter/text-file'
import {
  expandFilesFrom,
  parseFilesFrom,
  parseFilesFromRaw,
  parseFilesFromVerbatim,
} from '@holdfast/repository/filter/files-from'
import { invalidArgument } from '../argument/option.ts'
import type { BackupValues } from './backup-option.ts'

type PathLists = Pick<BackupValues, 'filesFrom' | 'filesFromVerbatim' | 'filesFromRaw'>

/** All paths to back up: those given, then those of the lists. Fails with ARGUMENT_INVALID. */
export async function collectSourcePaths(
  given: readonly string[],
  lists: PathLists,
  stdin: AsyncIterable<Uint8Array>,
): Promise<string[]> {
  const paths: Buffer[] = []
  const read = (name: string, label: string) => readList(name, label, stdin)
  for (const name of lists.filesFrom) {
    const lines = parseFilesFrom(decodeTextFile(await read(name, '--files-from')))
    for (const line of lines) paths.push(...expandLine(line))
  }
  for (const name of lists.filesFromVerbatim) {
    paths.push(...parseFilesFromVerbatim(decodeTextFile(await read(name, '--files-from-verbatim'))))
  }
  for (const name of lists.filesFromRaw) paths.push(...parseFilesFromRaw(await read(name, '--files-from-raw'), name))
  return [...given, ...paths.map(pathOf)]
}

/** Like the shell, keeps a line that matches nothing, so that the missing path is reported. */
function expandLine(line: string): Buffer[] {
  const found = expandFilesFrom(line, {
    readNames: (directory) => {
      try {
        return readdirSync(directory, { encoding: 'buffer' })
      } catch {
        return []
      }
    },
    exists: (path) => existsSync(path),
  })
  return found.length === 0 ? [Buffer.from(line)] : found
}

async function readList(name: string, label: string, stdin: AsyncIterable<Uint8Array>): Promise<Buffer> {
  if (name === '-') return Buffer.concat(await Array.fromAsync(stdin))
  try {
    return await readFile(name)
  } catch (error) {
    throw invalidArgument(label, name, error instanceof Error ? error.message : String(error))
  }
}

/** Names below a path may be any bytes; the path itself must be text. */
function pathOf(bytes: Buffer): string {
  const text = bytes.toString('utf8')
  if (Buffer.from(text).equals(bytes)) return text
  throw invalidArgument('a path to back up', text, 'it is not UTF-8; name the directory above it')
}
