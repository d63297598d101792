import type { Origin } from '../effective-config.ts'
import { isSettingMap, type Setting, type SettingMap } from '../setting.ts'

interface MutableMap {
  [key: string]: Setting | MutableMap
}

/** Settings put together from several places, each value with where it came from. Paths are joined by dots. */
export interface SettingTree {
  readonly settings: SettingMap
  readonly origins: ReadonlyMap<string, Origin>
}

/** Builds a tree layer by layer: a later one replaces values, and adds to maps. */
export interface TreeBuilder extends SettingTree {
  overlay(over: SettingMap, originOf: (path: readonly string[]) => Origin): TreeBuilder
  /** another tree with its own origins */
  overlayTree(over: SettingTree): TreeBuilder
}

export function createTreeBuilder(): TreeBuilder {
  const settings: MutableMap = {}
  const origins = new Map<string, Origin>()
  const forget = (prefix: string) => {
    for (const path of origins.keys()) if (path === prefix || path.startsWith(`${prefix}.`)) origins.delete(path)
  }
  const put = (
    target: MutableMap,
    over: SettingMap,
    path: readonly string[],
    originOf: (at: readonly string[]) => Origin,
  ) => {
    for (const [key, value] of Object.entries(over)) {
      const at = [...path, key]
      const before = target[key]
      if (isSettingMap(value)) {
        const inner: MutableMap = isSettingMap(before) ? before : {}
        if (before !== undefined && !isSettingMap(before)) forget(at.join('.'))
        target[key] = inner
        put(inner, value, at, originOf)
      } else {
        if (isSettingMap(before)) forget(at.join('.'))
        target[key] = value
        origins.set(at.join('.'), originOf(at))
      }
    }
  }
  const builder: TreeBuilder = {
    settings,
    origins,
    overlay(over, originOf) {
      put(settings, over, [], originOf)
      return builder
    },
    overlayTree: (over) =>
      builder.overlay(over.settings, (path) => over.origins.get(path.join('.')) ?? { from: 'default' }),
  }
  return builder
}
