import { createHash } from 'node:crypto'
import { dirname, isAbsolute, resolve } from 'node:path'
import { checkConflicts, checkUnused } from '@holdfast/core/config/check/check-conflicts'
import { type ConfigProblem, pathText, type SettingPath } from '@holdfast/core/config/config-problem'
import type { Origin } from '@holdfast/core/config/effective-config'
import { type ConfigResolution, resolveConfig } from '@holdfast/core/config/resolve/resolve-config'
import { isSecretPath } from '@holdfast/core/config/secret-path'
import { isSettingMap } from '@holdfast/core/config/setting'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { checkLocations } from './check-locations.ts'
import { checkRestorePlaces } from './check-restore-places.ts'
import { checkSchedules } from './check-schedules.ts'
import type { LoadedConfig, PlacedProblem } from './loaded-config.ts'
import { readConfigFiles } from './read-config-files.ts'
import { renderProblems } from './render-problems.ts'
import type { ConfigSurroundings } from './surroundings.ts'
import { findNode, settingOf, type WrittenNode } from './written-node.ts'

/** What came of reading a configuration: it holds, or why it does not. */
export interface ConfigReport {
  readonly loaded?: LoadedConfig
  /** errors and warnings, in the order of the file */
  readonly problems: readonly PlacedProblem[]
  /** what each file held when it was read */
  readonly stamps: ReadonlyMap<string, string>
}

/**
 * Reads, resolves and checks a configuration, without looking at secrets or repositories. Whoever runs on an older one
 * keeps it when this fails.
 * @throws AppError CONFIG_NOT_FOUND, CONFIG_UNREADABLE, CONFIG_INVALID with all problems and their places
 */
export async function loadConfig(path: string, surroundings: ConfigSurroundings, ctx: Context): Promise<LoadedConfig> {
  const { loaded, problems } = await readConfig(path, surroundings, ctx)
  if (loaded !== undefined) return loaded
  throw invalidConfig(path, problems)
}

/** All problems as one error. */
export function invalidConfig(path: string, problems: readonly PlacedProblem[]): AppError<'CONFIG_INVALID'> {
  const errors = problems.filter(({ severity }) => severity === 'error')
  const count = errors.length === 1 ? '1 error' : `${errors.length} errors`
  return new AppError('CONFIG_INVALID', { file: path, count, problems: renderProblems(errors) })
}

/** The same, with the problems as values. Fails with CONFIG_NOT_FOUND or CONFIG_UNREADABLE. */
export async function readConfig(path: string, surroundings: ConfigSurroundings, ctx: Context): Promise<ConfigReport> {
  const { root, files, stamps, problems: wrong } = await readConfigFiles(path, surroundings)
  const written = settingOf(root)
  if (!isSettingMap(written)) throw new Error('the root of a configuration is no map')
  const resolution = resolveConfig(written, {
    hostname: surroundings.hostname,
    timeZone: surroundings.timeZone,
    stateDirectory: surroundings.stateDirectory,
    originOf: (at) => originOf(root, at),
    rebase: (text, at, kind) => rebase(root, text, at, kind),
  })
  const found = [...resolution.problems, ...furtherProblems(resolution, ctx)]
  const problems = withoutConsequences(
    wrong,
    onePerPlace(found.map((problem) => placed(root, problem, resolution))),
  ).toSorted(byPlace)
  const { config, tree } = resolution
  if (config === undefined || problems.some(({ severity }) => severity === 'error')) return { problems, stamps }
  const digest = createHash('sha256').update(JSON.stringify(tree.settings)).digest('hex')
  const loaded = {
    config,
    settings: tree.settings,
    get origins() {
      return tree.origins
    },
    files,
    digest,
    warnings: problems,
  }
  return { loaded, problems, stamps }
}

/** What takes more than the schemas to see. */
function furtherProblems({ config }: ConfigResolution, ctx: Context): readonly ConfigProblem[] {
  if (config === undefined) return []
  const wrong = [
    ...checkConflicts(config),
    ...checkSchedules(config, ctx.now()),
    ...checkLocations(config),
    ...checkRestorePlaces(config),
  ]
  // what is not used is no news while other things are wrong
  return wrong.length > 0 ? wrong : checkUnused(config)
}

function originOf(root: WrittenNode, path: readonly string[]): { file?: string; line?: number } {
  const { node, keyPlace } = findNode(root, path)
  const { file, line } = keyPlace ?? node.place
  return { file, line }
}

/** Relative to the file in which it is written. Locations of other kinds than paths stay as they are. */
function rebase(root: WrittenNode, text: string, path: SettingPath, kind: 'path' | 'location'): string {
  if (kind === 'location' && /^[a-z0-9]+:/i.test(text) && !text.startsWith('local:')) return text
  const local = kind === 'location' && text.startsWith('local:') ? text.slice('local:'.length) : text
  return isAbsolute(local) ? local : resolve(dirname(findNode(root, path).node.place.file), local)
}

/** Where a problem is: where the value was written, or what it was taken from. */
function placed(root: WrittenNode, problem: ConfigProblem, { tree }: ConfigResolution): PlacedProblem {
  const { node, keyPlace, isWhole: isFound } = findNode(root, problem.path)
  // a shorthand is a text where the path goes on
  const isWhole = isFound || node.text !== undefined
  const origin = isWhole ? undefined : writtenOrigin(tree, pathText(problem.path))
  if (origin?.file !== undefined && origin.line !== undefined) {
    return { ...problem, place: { file: origin.file, line: origin.line, column: 1 } }
  }
  const place = (problem.at === 'key' || !isWhole ? keyPlace : undefined) ?? node.place
  const isShown =
    isWhole && problem.at === 'value' && node.text !== undefined && !isSecretPath(problem.path, settingOf(root))
  return { ...problem, place, ...(isShown && node.text !== undefined ? { written: node.text } : {}) }
}

/** Of the value itself, or of the first one within it that was written somewhere. */
function writtenOrigin({ origins }: ConfigResolution['tree'], path: string): Origin | undefined {
  const own = origins.get(path)
  if (own !== undefined) return own
  return [...origins].find(([inner, { line }]) => inner.startsWith(`${path}.`) && line !== undefined)?.[1]
}

/** What a tier says wrongly is wrong for each of its sources; it is said once, and for how many. */
function onePerPlace(problems: readonly PlacedProblem[]): PlacedProblem[] {
  const groups = Map.groupBy(
    problems,
    ({ place, message }) => `${place?.file}:${place?.line}:${place?.column} ${message}`,
  )
  return [...groups.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return []
    const more = others.length === 0 ? '' : `; the same for ${others.length} more`
    return [{ ...first, message: `${first.message}${more}` }]
  })
}

/** What the parser could not read is wrong for the schema as well; once is enough. */
function withoutConsequences(causes: readonly PlacedProblem[], others: readonly PlacedProblem[]): PlacedProblem[] {
  const placeText = ({ place }: PlacedProblem) => `${place?.file}:${place?.line}:${place?.column}`
  const known = new Set(causes.map(placeText))
  return [...causes, ...others.filter((problem) => !known.has(placeText(problem)))]
}

function byPlace(left: PlacedProblem, right: PlacedProblem): number {
  const [a, b] = [left.place, right.place]
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined)
  if (a.file !== b.file) return a.file < b.file ? -1 : 1
  return a.line - b.line || a.column - b.column
}
