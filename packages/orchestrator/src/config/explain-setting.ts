import { pathText } from '@holdfast/core/config/config-problem'
import type { Origin } from '@holdfast/core/config/effective-config'
import { isSettingMap, type Setting, type SettingMap } from '@holdfast/core/config/setting'
import { AppError } from '@holdfast/core/errors/app-error'
import { nearestName } from '@holdfast/core/text/nearest-name'
import type { LoadedConfig } from './loaded-config.ts'
import { showSettings } from './show-settings.ts'

/** One value, and why it is that. */
export interface ExplainedSetting {
  /** "sources.shop.keep.daily" */
  readonly path: string
  readonly value: Setting
  readonly origin: Origin
  /** "tier critical", "source shop, holdfast.yaml:12" */
  readonly from: string
}

/**
 * The values at and below a path, with where each came from. Fails with CONFIG_PATH_UNKNOWN, naming the nearest key.
 */
export function explainSetting(loaded: LoadedConfig, path: string): ExplainedSetting[] {
  const settings = showSettings(loaded)
  const parts = findParts(
    settings,
    path.split('.').filter((part) => part !== ''),
    [],
  )
  let value: Setting = settings
  for (const part of parts) value = isSettingMap(value) ? (value[part] ?? null) : value
  return leavesOf(value, parts).map((leaf) => {
    const origin = originOf(loaded, leaf.path)
    return { path: pathText(leaf.path), value: leaf.value, origin, from: describeOrigin(origin) }
  })
}

/** Names may hold dots themselves: the longest that is there counts. */
function findParts(value: Setting, words: readonly string[], before: readonly string[]): readonly string[] {
  if (words.length === 0) return before
  const map = isSettingMap(value) ? value : {}
  for (let count = words.length; count > 0; count--) {
    const key = words.slice(0, count).join('.')
    const inner = map[key]
    if (inner !== undefined) return findParts(inner, words.slice(count), [...before, key])
  }
  throw unknownPath([...before, ...words], words[0] ?? '', map)
}

function unknownPath(path: readonly string[], word: string, map: SettingMap): AppError {
  const nearest = nearestName(word, Object.keys(map))
  const around = path.slice(0, path.indexOf(word))
  const known = Object.keys(map)
  const suggestion =
    nearest === undefined
      ? known.length === 0
        ? `${pathText(around)} has no further values.`
        : `There are: ${known.slice(0, 30).join(', ')}.`
      : `Did you mean ${pathText([...around, nearest])}?`
  return new AppError('CONFIG_PATH_UNKNOWN', { path: pathText(path), suggestion })
}

function leavesOf(value: Setting, path: readonly string[]): { path: readonly string[]; value: Setting }[] {
  if (!isSettingMap(value) || Object.keys(value).length === 0) return [{ path, value }]
  return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, [...path, key]))
}

/** A reference to a secret comes from where its only key was written. */
function originOf({ origins }: LoadedConfig, path: readonly string[]): Origin {
  const prefix = `${pathText(path)}.`
  const below = [...origins].find(([each]) => each.startsWith(prefix))?.[1]
  return origins.get(pathText(path)) ?? below ?? { from: 'default' }
}

export function describeOrigin({ from, name, file, line }: Origin): string {
  const place = file === undefined || line === undefined ? '' : `${file}:${line}`
  if (from === 'default') return 'default'
  if (from === 'file') return place
  return `${from} ${name ?? ''}${place === '' ? ' (built in)' : `, ${place}`}`
}
