import { AppError } from '@holdfast/core/errors/app-error'

export interface EntryPath {
  /** path of the directory it lies in; empty: the snapshot's root */
  readonly directory: string
  readonly name: string
}

/**
 * Takes the path of an entry apart. Paths may come from a server that is not to be trusted, and are followed at restore.
 * @throws AppError SOURCE_ENTRY_REFUSED
 */
export function splitEntryPath(path: string): EntryPath {
  for (const name of path.split('/')) {
    const reason = reasonAgainst(name)
    if (reason !== undefined) throw refusedEntry(path, reason)
  }
  const slash = path.lastIndexOf('/')
  return { directory: path.slice(0, Math.max(slash, 0)), name: path.slice(slash + 1) }
}

export function refusedEntry(path: string, reason: string): AppError {
  return new AppError('SOURCE_ENTRY_REFUSED', { path: JSON.stringify(path), reason })
}

function reasonAgainst(name: string): string | undefined {
  if (name === '') return 'a component of its path is empty'
  if (name === '.' || name === '..') return `its path contains ${name}`
  if (name.includes('\0')) return 'its path contains a NUL character'
  // such a name has no bytes of its own: two of them would become one
  return name.isWellFormed() ? undefined : 'its path is not Unicode text'
}
