import type { Place, SettingPath } from '@holdfast/core/config/config-problem'
import type { Setting } from '@holdfast/core/config/setting'

/** A value of the file with its place. Maps keep the order in which they were written. */
export interface WrittenNode {
  readonly place: Place
  /** as it stands in the file, before variables are filled in; scalars only */
  readonly text?: string
  readonly value: null | boolean | number | string | readonly WrittenNode[] | ReadonlyMap<string, WrittenEntry>
}

export interface WrittenEntry {
  readonly keyPlace: Place
  readonly node: WrittenNode
}

/** The values alone. */
export function settingOf({ value }: WrittenNode): Setting {
  if (value instanceof Map) {
    const entries: ReadonlyMap<string, WrittenEntry> = value
    return Object.fromEntries([...entries].map(([key, { node }]) => [key, settingOf(node)]))
  }
  // Boundary: a Map was ruled out above, which TypeScript does not see through `instanceof` on read-only maps.
  const rest = value as Exclude<WrittenNode['value'], ReadonlyMap<string, WrittenEntry>>
  return Array.isArray(rest) ? rest.map((node: WrittenNode) => settingOf(node)) : (rest as Setting)
}

export interface FoundNode {
  readonly node: WrittenNode
  readonly keyPlace?: Place
  /** whether the whole path was written, or only its beginning */
  readonly isWhole: boolean
}

/** What was written at a path, or around it. */
export function findNode(root: WrittenNode, path: SettingPath): FoundNode {
  let found: FoundNode = { node: root, isWhole: true }
  for (const part of path) {
    const next: FoundNode | undefined = childOf(found.node, part)
    if (next === undefined) return { ...found, isWhole: false }
    found = next
  }
  return found
}

function childOf({ value }: WrittenNode, part: string | number): FoundNode | undefined {
  if (value instanceof Map) {
    const entries: ReadonlyMap<string, WrittenEntry> = value
    const entry = entries.get(String(part))
    return entry === undefined ? undefined : { node: entry.node, keyPlace: entry.keyPlace, isWhole: true }
  }
  const node = Array.isArray(value) ? (value as readonly WrittenNode[])[Number(part)] : undefined
  return node === undefined ? undefined : { node, isWhole: true }
}
