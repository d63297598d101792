/** What a check can find, once each: how bad it is, what kind of object it concerns, and what to do. */
export const findingCatalogue = {
  // --- what is lost or altered
  'config-damaged': {
    severity: 'error',
    object: 'config',
    action:
      'Restore the file `config` from a copy of the repository before this session ends; nothing opens without it.',
  },
  'key-damaged': {
    severity: 'error',
    object: 'key',
    action: 'Add a key with `holdfast key add`, then remove this one with `holdfast key remove`.',
  },
  'snapshot-damaged': {
    severity: 'error',
    object: 'snapshot',
    action: 'Heal it from another repository with `holdfast copy`, or remove it with `holdfast forget`.',
  },
  'index-damaged': {
    severity: 'error',
    object: 'index',
    action: 'Rebuild the index from the packs with `holdfast repair index`.',
  },
  'index-wrong': {
    severity: 'error',
    object: 'pack',
    action: 'Rebuild the index from the packs with `holdfast repair index`.',
  },
  'pack-missing': {
    severity: 'error',
    object: 'pack',
    action:
      'Heal it with `holdfast repair packs --from`, or run `holdfast repair index`, then `holdfast repair snapshots`.',
  },
  'pack-size-wrong': {
    severity: 'error',
    object: 'pack',
    action: 'Run `holdfast check --read-data` to see what is left, then `holdfast repair packs`.',
  },
  'pack-unreadable': {
    severity: 'error',
    object: 'pack',
    action: 'Check the disk or the network, then run the check again.',
  },
  'pack-content-wrong': {
    severity: 'error',
    object: 'pack',
    action: 'Heal it with `holdfast repair packs --from`, or salvage what is sound in it with `holdfast repair packs`.',
  },
  'pack-header-damaged': {
    severity: 'error',
    object: 'pack',
    action: 'Write its sound blobs to a new pack with `holdfast repair packs`.',
  },
  'pack-header-differs': {
    severity: 'error',
    object: 'pack',
    action: 'Rebuild the index from the packs with `holdfast repair index`.',
  },
  'blob-damaged': {
    severity: 'error',
    object: 'blob',
    action: 'Heal its pack with `holdfast repair packs --from`, or back up the same files again, which stores it anew.',
  },
  'blob-missing': {
    severity: 'error',
    object: 'blob',
    action:
      'Run `holdfast repair index`; if it stays missing, `holdfast repair snapshots` removes the files that need it.',
  },
  'tree-missing': {
    severity: 'error',
    object: 'tree',
    action: 'Run `holdfast repair index`; if it stays missing, `holdfast repair snapshots` removes the directory.',
  },
  'tree-damaged': {
    severity: 'error',
    object: 'tree',
    action: 'Heal its pack with `holdfast repair packs --from`; `holdfast repair snapshots` removes the directory.',
  },
  'node-invalid': {
    severity: 'error',
    object: 'tree',
    action: 'Mend the snapshots that hold it with `holdfast repair snapshots`.',
  },
  // --- what could be tidier
  'pack-orphaned': {
    severity: 'hint',
    object: 'pack',
    action: 'It is left from an interrupted run or belongs to one that is running; `holdfast prune` removes it.',
  },
  'pack-indexed-twice': {
    severity: 'hint',
    object: 'pack',
    action: 'Nothing is lost; `holdfast prune` merges the indexes.',
  },
  'pack-mixed': {
    severity: 'hint',
    object: 'pack',
    action: 'Directories and file content lie in one pack, which old programs wrote; `holdfast prune` separates them.',
  },
  'index-legacy': {
    severity: 'hint',
    object: 'index',
    action: 'It has the layout of old programs; `holdfast repair index` writes it anew.',
  },
  'pack-read-unstable': {
    severity: 'hint',
    object: 'pack',
    action: 'The second reading was right, so the repository is sound; check the memory, the disk and the network.',
  },
  'blob-unused': {
    severity: 'hint',
    object: 'blob',
    action: 'No snapshot needs it; `holdfast prune` removes it.',
  },
} as const satisfies Record<
  string,
  {
    readonly severity: 'error' | 'hint'
    readonly object: 'config' | 'key' | 'snapshot' | 'index' | 'pack' | 'blob' | 'tree'
    readonly action: string
  }
>

export type FindingKind = keyof typeof findingCatalogue

/** One thing found. Errors mean that data is lost or in danger; hints that something could be tidier. */
export interface CheckFinding {
  readonly severity: 'error' | 'hint'
  readonly kind: FindingKind
  readonly object: 'config' | 'key' | 'snapshot' | 'index' | 'pack' | 'blob' | 'tree'
  /** of the object, 64 hex digits (or "config") */
  readonly id: string
  /** lower case, without a full stop: "3 bytes are missing at its end" */
  readonly reason: string
  /** what to do, as a sentence */
  readonly action: string
}

/** Report of one finding, by whoever found it. */
export type ReportFinding = (kind: FindingKind, id: string, reason: string) => void

export function makeFinding(kind: FindingKind, id: string, reason: string): CheckFinding {
  const { severity, object, action } = findingCatalogue[kind]
  return { severity, kind, object, id, reason, action }
}
