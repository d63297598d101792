import type { ConfigProblem } from '../config-problem.ts'
import { defaultKeep, defaultPromise, defaultTiers } from '../default-tiers.ts'
import type { Origin } from '../effective-config.ts'
import { mapAt, type SettingMap } from '../setting.ts'
import { createTreeBuilder, type SettingTree } from './setting-tree.ts'

/** Where a setting at a path was written. */
export type OriginOf = (path: readonly string[]) => Pick<Origin, 'file' | 'line'>

export interface ResolvedTiers {
  readonly tiers: ReadonlyMap<string, SettingTree>
  readonly problems: readonly ConfigProblem[]
}

/** Puts each tier together: what holds for all, the tiers it extends, itself. Tiers in a circle are a problem. */
export function resolveTiers(settings: SettingMap, originOf: OriginOf): ResolvedTiers {
  const written = mapAt(settings, 'tiers')
  const problems: ConfigProblem[] = []
  const tiers = new Map<string, SettingTree>()
  for (const name of new Set([...Object.keys(defaultTiers), ...Object.keys(written)])) {
    const builder = createTreeBuilder().overlay(defaultPromise, () => ({ from: 'default' }))
    for (const layer of layersOf(name, written, problems)) {
      if (layer.isWritten) {
        const said = withoutExtends(mapAt(written, layer.name))
        const origin = (path: readonly string[]): Origin => ({
          from: 'tier',
          name: layer.name,
          ...originOf(['tiers', layer.name, ...path]),
        })
        builder.overlay(said, origin)
      } else builder.overlay(defaultTiers[layer.name] ?? {}, () => ({ from: 'tier', name: layer.name }))
    }
    if (Object.keys(mapAt(builder.settings, 'keep')).length === 0) {
      builder.overlay({ keep: defaultKeep }, () => ({ from: 'default' }))
    }
    tiers.set(name, builder)
  }
  return { tiers, problems }
}

interface Layer {
  readonly name: string
  readonly isWritten: boolean
}

/** From the most general to the tier itself. */
function layersOf(name: string, written: SettingMap, problems: ConfigProblem[]): Layer[] {
  const layers: Layer[] = []
  const seen = new Set<string>()
  let current = name
  for (;;) {
    if (written[current] === undefined) {
      if (Object.hasOwn(defaultTiers, current)) layers.unshift({ name: current, isWritten: false })
      return layers
    }
    if (seen.has(current)) {
      problems.push({
        path: ['tiers', name, 'extends'],
        at: 'value',
        message: `leads in a circle: ${[...seen, current].join(' → ')}`,
        severity: 'error',
      })
      return layers
    }
    seen.add(current)
    layers.unshift({ name: current, isWritten: true })
    const extended = mapAt(written, current)['extends']
    // a tier that extends its own name means the built-in one
    if (typeof extended !== 'string' || (extended === current && Object.hasOwn(defaultTiers, current))) {
      if (Object.hasOwn(defaultTiers, current)) layers.unshift({ name: current, isWritten: false })
      return layers
    }
    current = extended
  }
}

function withoutExtends(tier: SettingMap): SettingMap {
  return Object.fromEntries(Object.entries(tier).filter(([key]) => key !== 'extends'))
}
