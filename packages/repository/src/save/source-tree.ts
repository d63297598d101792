import { isAbsolute, normalize, resolve } from 'node:path'
import type { ChosenChildren } from './save-jobs.ts'

export interface SourceRoot {
  /** the directory whose children are the root of the snapshot */
  readonly path: string
  /** undefined: everything in it */
  readonly only: ChosenChildren | undefined
}

/**
 * How the sources lie in the snapshot, as restic has it: absolute paths keep all their components below `/`, relative
 * ones theirs below the working directory, and `.` gives that directory's content. Leading `..` are dropped from the names
 * but followed on disk, which needs a root of its own: such a path is taken as absolute instead.
 */
export function sourceRoot(paths: readonly string[], workingDirectory: string): SourceRoot {
  const normalized = paths.map((path) => trimSlash(normalize(path)))
  const allRelative = normalized.every((path) => !isAbsolute(path) && !path.startsWith('..'))
  if (!allRelative) {
    return { path: '/', only: choose(normalized.map((path) => trimSlash(resolve(workingDirectory, path)))) }
  }
  if (normalized.includes('.')) return { path: workingDirectory, only: undefined }
  return { path: workingDirectory, only: choose(normalized) }
}

function choose(paths: readonly string[]): ChosenChildren | undefined {
  const root: Record<string, ChosenChildren | 'all'> = Object.create(null)
  for (const path of paths) {
    const components = path.split('/').filter((component) => component !== '')
    if (components.length === 0) return undefined
    let level = root
    for (const [i, component] of components.entries()) {
      const known = level[component]
      if (known === 'all') break
      if (i === components.length - 1) level[component] = 'all'
      else {
        // boundary: everything in `root` was made here and is mutable
        level = (level[component] ??= Object.create(null)) as Record<string, ChosenChildren | 'all'>
      }
    }
  }
  return root
}

function trimSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}
