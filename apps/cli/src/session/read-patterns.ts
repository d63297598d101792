import { readFile } from 'node:fs/promises'
import { compilePatterns } from '@holdfast/repository/filter/select'
import { parsePatternFile } from '@holdfast/repository/filter/pattern-file'
import { decodeTextFile } from '@holdfast/repository/filter/text-file'
import { invalidArgument, longName, type Variables } from '../argument/option.ts'

/** Patterns of an option and of the files that its companion names, checked. Fails with ARGUMENT_INVALID. */
export async function readPatterns(
  key: string,
  given: readonly string[],
  files: readonly string[],
  variables: Variables,
): Promise<string[]> {
  const patterns = [...given]
  compilePatterns(given, { name: longName(key) })
  for (const file of files) {
    const lines = parsePatternFile(
      decodeTextFile(await readPatternFile(file, `${longName(key)}-file`)),
      (name) => variables(name) ?? '',
    )
    compilePatterns(lines, { name: `${longName(key)}-file ${file}` })
    patterns.push(...lines)
  }
  return patterns
}

async function readPatternFile(path: string, label: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (error) {
    throw invalidArgument(label, path, error instanceof Error ? error.message : String(error))
  }
}
