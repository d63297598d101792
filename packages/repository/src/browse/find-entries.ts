import type { Context } from '@holdfast/core/context'
import { byteText, lowerByteText } from '../filter/byte-text.ts'
import { compilePattern, matchesComponents, mayMatchBelow } from '../filter/pattern.ts'
import type { ListedSnapshot } from '../snapshot/listed-snapshot.ts'
import type { TreeSource } from '../tree/tree-source.ts'
import { type WalkedEntry, walkTree } from '../tree/walk-tree.ts'

export interface FindQuery {
  /** globs on names, or on whole paths when they begin with "/"; a match of a directory matches all below it */
  readonly patterns: readonly string[]
  readonly ignoreCase?: boolean
  /** modification time at or after, at or before */
  readonly oldest?: Date
  readonly newest?: Date
}

export interface FoundEntry extends WalkedEntry {
  readonly snapshot: ListedSnapshot
}

/**
 * Entries of snapshots whose path fits a pattern (the meaning of restic's `find`), snapshot after snapshot.
 * @throws AppError ARGUMENT_INVALID for a malformed pattern, REPOSITORY_DAMAGED, STORAGE_…
 */
export async function* findEntries(
  trees: TreeSource,
  snapshots: Iterable<ListedSnapshot>,
  query: FindQuery,
  ctx: Context,
): AsyncGenerator<FoundEntry> {
  const { ignoreCase = false } = query
  const patterns = query.patterns.map((line) => compilePattern(line, { caseInsensitive: ignoreCase }))
  const componentsOf = (path: Buffer): string[] =>
    (ignoreCase ? lowerByteText(path) : byteText(path)).split('/').slice(1)
  const enter = ({ path }: WalkedEntry): boolean => {
    const components = componentsOf(path)
    return patterns.some((pattern) => mayMatchBelow(pattern, components))
  }
  for (const snapshot of snapshots) {
    for await (const entry of walkTree(trees, snapshot.snapshot.tree, { enter }, ctx)) {
      const components = componentsOf(entry.path)
      if (!isInTime(entry.node.mtimeNs, query)) continue
      if (patterns.some((pattern) => matchesComponents(pattern, components, true))) yield { ...entry, snapshot }
    }
  }
}

function isInTime(mtimeNs: bigint, { oldest, newest }: FindQuery): boolean {
  if (oldest !== undefined && mtimeNs < BigInt(oldest.getTime()) * 1_000_000n) return false
  return newest === undefined || mtimeNs <= BigInt(newest.getTime()) * 1_000_000n
}
