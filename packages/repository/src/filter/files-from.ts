import { AppError } from '@holdfast/core/errors/app-error'
import { byteText, bytesOfText, encodeLossless } from './byte-text.ts'
import { type Glob, compileGlob } from './glob.ts'
import { linesOf } from './text-file.ts'

/** What expanding needs of a file system. */
export interface GlobFileSystem {
  /** Names in a directory, without `.` and `..`; empty when it cannot be read. */
  readNames(directory: Buffer): readonly Buffer[]
  exists(path: Buffer): boolean
}

/** Lines of a `--files-from` file that name something: trimmed, without comments (`#`) and empty lines. */
export function parseFilesFrom(text: string): string[] {
  return linesOf(text)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
}

/** Lines of a `--files-from-verbatim` file: every line that is not empty is a path, blanks and `#` included. */
export function parseFilesFromVerbatim(text: string): Buffer[] {
  return linesOf(text)
    .filter((line) => line !== '')
    .map(encodeLossless)
}

/**
 * Paths of a `--files-from-raw` file, each ended by a NUL byte. Throws ARGUMENT_INVALID when the last one is not (the
 * list was cut short) or one is empty.
 */
export function parseFilesFromRaw(content: Uint8Array, file: string): Buffer[] {
  const text = byteText(content)
  const fail = (reason: string) => new AppError('ARGUMENT_INVALID', { name: '--files-from-raw', value: file, reason })
  if (text === '') return []
  if (!text.endsWith('\0')) throw fail('the last path is not ended by a zero byte')
  return text
    .slice(0, -1)
    .split('\0')
    .map((path) => {
      if (path === '') throw fail('a path is empty')
      return bytesOfText(path)
    })
}

/**
 * The existing paths a line of a `--files-from` file stands for, in byte order within each directory. Globs are those
 * of `compileGlob`, one component at a time (`**` is no more than `*`); a line without any stands for itself, if it
 * exists. Throws ARGUMENT_INVALID when the line is malformed.
 */
export function expandFilesFrom(line: string, fileSystem: GlobFileSystem): Buffer[] {
  const text = byteText(line)
  if (!magic.test(text)) return fileSystem.exists(bytesOfText(text)) ? [bytesOfText(text)] : []
  const components = text.split('/').filter((component) => component !== '')
  let found = [text.startsWith('/') ? '/' : '']
  for (const component of components) {
    const glob = compileGlob(component)
    if (glob === undefined) {
      throw new AppError('ARGUMENT_INVALID', { name: '--files-from', value: line, reason: 'malformed pattern' })
    }
    found = found.flatMap((directory) => expandComponent(directory, component, glob, fileSystem))
  }
  return found.map(bytesOfText)
}

function expandComponent(directory: string, component: string, glob: Glob, fileSystem: GlobFileSystem): string[] {
  const inside = (name: string) =>
    directory === '' || directory.endsWith('/') ? directory + name : `${directory}/${name}`
  if (!magic.test(component)) return fileSystem.exists(bytesOfText(inside(component))) ? [inside(component)] : []
  return fileSystem
    .readNames(bytesOfText(directory === '' ? '.' : directory))
    .map(byteText)
    .filter(glob.matches)
    .sort(byCodeUnit)
    .map(inside)
}

/** Byte text sorts by its bytes. */
function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

const magic = /[*?[\\]/
