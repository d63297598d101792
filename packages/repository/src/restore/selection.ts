import { compilePatterns, matchExclude, matchInclude, type PatternList } from '../filter/select.ts'
import type { PatternSpec } from './restore-request.ts'
import { systemPath } from './target-path.ts'

export interface Selection {
  /** Whether the item is wanted itself, and whether something below it may be. `location` is byte text. */
  test(location: string): SelectionVerdict
  readonly isEverything: boolean
}

export interface SelectionVerdict {
  readonly selected: boolean
  readonly childrenMayBe: boolean
}

const everything: SelectionVerdict = { selected: true, childrenMayBe: true }
const nothing: SelectionVerdict = { selected: false, childrenMayBe: false }

/** Compiles the patterns of a request; several lists count as one each, as restic's repeated options do. */
export function createSelection(include: readonly PatternSpec[] = [], exclude: readonly PatternSpec[] = []): Selection {
  const includes = compile(include, 'include')
  const excludes = compile(exclude, 'exclude')
  if (includes.length === 0 && excludes.length === 0) return { isEverything: true, test: () => everything }
  return {
    isEverything: false,
    test(location) {
      const path = systemPath(location)
      if (excludes.some((list) => matchExclude(list, path))) return nothing
      if (includes.length === 0) return everything
      const verdicts = includes.map((list) => matchInclude(list, path))
      const selected = verdicts.some(({ matched }) => matched)
      return { selected, childrenMayBe: selected || verdicts.some(({ childMayMatch }) => childMayMatch) }
    },
  }
}

function compile(specs: readonly PatternSpec[], name: string): PatternList[] {
  return specs
    .filter(({ lines }) => lines.length > 0)
    .map(({ lines, caseInsensitive = false }) => compilePatterns(lines, { caseInsensitive, name }))
}
