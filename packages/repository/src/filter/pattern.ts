import { AppError } from '@holdfast/core/errors/app-error'
import { byteText, lowerByteText } from './byte-text.ts'
import { type ComponentMatcher, type Glob, compileGlob } from './glob.ts'

/** One component of a pattern: `**` stands for any number of components, everything else for exactly one. */
export type PatternPart = '**' | ComponentMatcher

/**
 * One compiled pattern. It matches a path when its parts fit consecutive components of it; what follows does not
 * matter, so a match of a directory is a match of everything below.
 */
export interface Pattern {
  /** Written with a leading `!`: takes back what earlier patterns matched. */
  readonly negated: boolean
  /** Starts with `/`: the first part must fit the first component. Other patterns fit at any depth. */
  readonly rooted: boolean
  /** Without the root of a rooted pattern. */
  readonly parts: readonly PatternPart[]
  /** The path a rooted pattern without anything to expand stands for (byte text). */
  readonly literalPath: string | undefined
  /**
   * What the last component of a path must match when the pattern matches the path but not its directory. Undefined
   * when that cannot be said: a pattern that ends in `**`, or has several (see `matchesComponents`).
   */
  readonly last: Glob | undefined
}

/**
 * Compiles one line of a pattern list; `name` is the option it came from, for the error.
 * Throws ARGUMENT_INVALID when a component is malformed.
 */
export function compilePattern(line: string, { caseInsensitive = false, name = 'pattern' } = {}): Pattern {
  const negated = line.startsWith('!')
  const bare = negated ? line.slice(1) : line
  const components = cleanPath(caseInsensitive ? lowerByteText(bare) : byteText(bare)).split('/')
  const rooted = components[0] === ''
  if (rooted) components.shift()
  const globs = components.map((component) => compilePart(component, line, name))
  const literals = globs.map((glob) => (glob === '**' ? undefined : glob.literal))
  const literal = literals.every((component) => component !== undefined) ? literals.join('/') : undefined
  const last = globs.at(-1)
  const wildcards = globs.filter((glob) => glob === '**').length
  return {
    negated,
    rooted,
    parts: globs.map((glob) => (glob === '**' ? glob : glob.matches)),
    literalPath: rooted && literal !== undefined ? `/${literal}` : undefined,
    last: last === '**' || wildcards > 1 ? undefined : last,
  }
}

function compilePart(component: string, line: string, name: string): '**' | Glob {
  if (component === '**') return component
  const glob = compileGlob(component)
  if (glob === undefined) {
    throw new AppError('ARGUMENT_INVALID', {
      name,
      value: line,
      reason: 'unclosed or empty [class], or a backslash with nothing behind it',
    })
  }
  return glob
}

/** Removes empty and `.` components, trailing separators, and resolves `..` where something precedes it. */
function cleanPath(path: string): string {
  const rooted = path.startsWith('/')
  const kept: string[] = []
  for (const component of path.split('/')) {
    if (component === '' || component === '.') continue
    if (component !== '..') kept.push(component)
    else if (kept.length > 0 && kept.at(-1) !== '..') kept.pop()
    else if (!rooted) kept.push(component)
  }
  if (rooted) return `/${kept.join('/')}`
  return kept.length === 0 ? '.' : kept.join('/')
}

/**
 * Whether the pattern fits the path, given as its components (without the root; `absolute` says whether it has one).
 *
 * restic expands `**` from left to right and bounds each expansion by the number of parts that are still to come,
 * counting further `**` as one each although they may stand for nothing. With two or more `**` some paths are therefore
 * not matched that one would expect; the bound is kept, because the same excludes must give the same snapshot.
 */
export function matchesComponents(pattern: Pattern, components: readonly string[], absolute: boolean): boolean {
  const { parts, rooted } = pattern
  if (rooted && !absolute) return false
  // restic counts the root as a component of its own, in patterns and in paths.
  const slack = components.length + (absolute ? 1 : 0) - parts.length - (rooted ? 1 : 0)
  const furthest = rooted ? 0 : components.length
  for (let start = 0; start <= furthest; start++) {
    if (fitsFrom(parts, 0, components, start, slack, rooted)) return true
  }
  return false
}

/**
 * `slack`: how many components the next `**` may still take, less one. `consumed`: whether anything was fitted yet; a
 * pattern that stands for nothing at all matches nothing.
 */
function fitsFrom(
  parts: readonly PatternPart[],
  part: number,
  components: readonly string[],
  at: number,
  slack: number,
  consumed: boolean,
): boolean {
  const matcher = parts[part]
  if (matcher === undefined) return consumed
  if (matcher !== '**') {
    const component = components[at]
    return component !== undefined && matcher(component) && fitsFrom(parts, part + 1, components, at + 1, slack, true)
  }
  for (let taken = 0; taken <= slack + 1 && at + taken <= components.length; taken++) {
    if (fitsFrom(parts, part + 1, components, at + taken, slack + 1 - taken, consumed || taken > 0)) return true
  }
  return false
}

/**
 * Whether the pattern, which is known not to fit the directory of the path, fits the path: then it must reach to the
 * last component, which saves trying. Only for patterns with a `last`.
 */
export function matchesAtEnd(pattern: Pattern, components: readonly string[], absolute: boolean): boolean {
  const { parts, rooted } = pattern
  const wildcard = parts.indexOf('**')
  const head = wildcard < 0 ? 0 : wildcard
  const tail = parts.length - (wildcard < 0 ? 0 : wildcard + 1)
  const tailStart = components.length - tail
  if (tailStart < head || (rooted && (!absolute || (wildcard < 0 && tailStart > 0)))) return false
  if (!fitsAt(parts, parts.length - tail, parts.length, components, tailStart)) return false
  const furthest = rooted ? 0 : tailStart - head
  for (let start = 0; start <= furthest; start++) {
    if (fitsAt(parts, 0, head, components, start)) return true
  }
  return false
}

/** Whether the parts `from` to `to` (none of them `**`) fit the components from `at` on, last one first. */
function fitsAt(
  parts: readonly PatternPart[],
  from: number,
  to: number,
  components: readonly string[],
  at: number,
): boolean {
  for (let part = to - 1; part >= from; part--) {
    const matcher = parts[part]
    const component = components[at + part - from]
    if (component === undefined || typeof matcher !== 'function' || !matcher(component)) return false
  }
  return true
}

/**
 * Whether something below the directory (given as its components) may match. Patterns that are not rooted can match at
 * any depth; a rooted one only where its parts up to the first `**` fit.
 */
export function mayMatchBelow(pattern: Pattern, components: readonly string[]): boolean {
  if (!pattern.rooted) return true
  for (let index = 0; index < components.length; index++) {
    const part = pattern.parts[index]
    if (part === undefined || part === '**') return true
    if (!part(components[index] ?? '')) return false
  }
  return true
}
