import type { Origin } from '../effective-config.ts'
import { isSettingMap, type SettingMap } from '../setting.ts'

/** Settings put together from several places, each value with where it came from. Paths are joined by dots. */
export interface SettingTree {
  readonly settings: SettingMap
  /** found out when it is asked for: a thousand sources have fifty thousand values, and seldom does anyone ask */
  readonly origins: ReadonlyMap<string, Origin>
}

/** The origin of the value at a path from the top of the layer. */
export type LayerOrigin = (path: readonly string[]) => Origin

/** Builds a tree layer by layer: a later one replaces values, and adds to maps. */
export interface TreeBuilder extends SettingTree {
  overlay(over: SettingMap, originOf: LayerOrigin): TreeBuilder
  /** another tree with its own origins */
  overlayTree(over: SettingTree): TreeBuilder
}

export function createTreeBuilder(): TreeBuilder {
  const layers: { readonly over: SettingMap; readonly originOf: LayerOrigin }[] = []
  let settings: SettingMap = {}
  let origins: ReadonlyMap<string, Origin> | undefined
  const builder: TreeBuilder = {
    get settings() {
      return settings
    },
    get origins() {
      origins ??= originsOf(layers)
      return origins
    },
    overlay(over, originOf) {
      layers.push({ over, originOf })
      settings = merge(settings, over)
      origins = undefined
      return builder
    },
    overlayTree: (over) =>
      builder.overlay(over.settings, (path) => over.origins.get(path.join('.')) ?? { from: 'default' }),
  }
  return builder
}

/** One tree of several, each below its section and name: "sources" → "shop" → the tree of that source. */
export function joinTrees(
  base: SettingTree,
  sections: ReadonlyMap<string, ReadonlyMap<string, SettingTree>>,
): SettingTree {
  const joined: Record<string, SettingMap[string]> = { ...base.settings }
  for (const [section, trees] of sections) {
    joined[section] = Object.fromEntries([...trees].map(([name, tree]) => [name, tree.settings]))
  }
  let origins: ReadonlyMap<string, Origin> | undefined
  return {
    settings: joined,
    get origins() {
      origins ??= joinOrigins(base, sections)
      return origins
    },
  }
}

function joinOrigins(
  base: SettingTree,
  sections: ReadonlyMap<string, ReadonlyMap<string, SettingTree>>,
): ReadonlyMap<string, Origin> {
  const joined = new Map(base.origins)
  for (const [section, trees] of sections) {
    for (const [name, tree] of trees) {
      for (const [path, origin] of tree.origins) joined.set(`${section}.${name}.${path}`, origin)
    }
  }
  return joined
}

/** Shares with the base what the layer does not touch. */
function merge(base: SettingMap, over: SettingMap): SettingMap {
  const merged: Record<string, SettingMap[string]> = { ...base }
  for (const [key, value] of Object.entries(over)) {
    const before = base[key]
    merged[key] = isSettingMap(value) && isSettingMap(before) ? merge(before, value) : value
  }
  return merged
}

function originsOf(
  layers: readonly { readonly over: SettingMap; readonly originOf: LayerOrigin }[],
): Map<string, Origin> {
  const origins = new Map<string, Origin>()
  let settings: SettingMap = {}
  for (const { over, originOf } of layers) {
    put(origins, settings, over, [], originOf)
    settings = merge(settings, over)
  }
  return origins
}

function put(
  origins: Map<string, Origin>,
  base: SettingMap,
  over: SettingMap,
  path: readonly string[],
  originOf: LayerOrigin,
): void {
  for (const [key, value] of Object.entries(over)) {
    const at = [...path, key]
    const name = at.join('.')
    const before = base[key]
    if (isSettingMap(before) !== isSettingMap(value) && before !== undefined) forget(origins, name)
    if (isSettingMap(value)) put(origins, isSettingMap(before) ? before : {}, value, at, originOf)
    else origins.set(name, originOf(at))
  }
}

function forget(origins: Map<string, Origin>, path: string): void {
  for (const each of origins.keys()) if (each === path || each.startsWith(`${path}.`)) origins.delete(each)
}
