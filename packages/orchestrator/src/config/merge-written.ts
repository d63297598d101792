import type { PlacedProblem } from './loaded-config.ts'
import type { WrittenEntry, WrittenNode } from './written-node.ts'

/** Maps that several files add to; everything else is said in one place only. */
const shared: ReadonlySet<string> = new Set([
  '',
  'repositories',
  'tiers',
  'sources',
  'applications',
  'notifications',
  'notifications.channels',
  'server',
])
/** Lists that are put one behind the other. */
const appended = new Set(['notifications.routes'])

/** Adds what another file says. What both say is a problem, found at the second place. */
export function mergeWritten(root: WrittenNode, addition: WrittenNode, problems: PlacedProblem[]): WrittenNode {
  return merge(root, addition, [], problems)
}

function merge(left: WrittenNode, right: WrittenNode, path: readonly string[], problems: PlacedProblem[]): WrittenNode {
  if (!(left.value instanceof Map) || !(right.value instanceof Map)) return left
  const entries = new Map<string, WrittenEntry>(left.value)
  const added: ReadonlyMap<string, WrittenEntry> = right.value
  for (const [key, entry] of added) {
    const before = entries.get(key)
    const at = [...path, key]
    const name = at.join('.')
    if (before === undefined) entries.set(key, entry)
    else if (areLists(before.node, entry.node) && appended.has(name)) {
      const value = [...listOf(before.node), ...listOf(entry.node)]
      entries.set(key, { ...before, node: { ...before.node, value } })
    } else if (shared.has(name) && before.node.value instanceof Map && entry.node.value instanceof Map) {
      entries.set(key, { ...before, node: merge(before.node, entry.node, at, problems) })
    } else {
      const { file, line } = before.keyPlace
      const message = `is there twice: the first is in ${file}:${line}`
      problems.push({ path: at, at: 'key', message, severity: 'error', place: entry.keyPlace })
    }
  }
  return { ...left, value: entries }
}

function areLists(left: WrittenNode, right: WrittenNode): boolean {
  return Array.isArray(left.value) && Array.isArray(right.value)
}

function listOf({ value }: WrittenNode): readonly WrittenNode[] {
  return Array.isArray(value) ? (value as readonly WrittenNode[]) : []
}
