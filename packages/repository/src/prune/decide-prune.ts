import type { BlobIndex } from '../engine/blob-index.ts'
import { type PruneOptions, unusedBytesAtMost } from './prune-options.ts'
import { isSound, kindData, kindTree, kindUncompressed, type PackSurvey } from './survey-packs.ts'

const leastPackBytes = 4 << 20
/** Fewer small packs than this are not worth joining; one small pack would otherwise be rewritten by every run. */
const fewestSmallPacks = 10

/** What happens to a pack of the index. */
export const packAction = {
  keep: 0,
  remove: 1,
  /** what is used of it goes to a new pack, then it is removed */
  repack: 2,
  /** it is missing and nothing of it is needed: only the index still names it */
  forget: 3,
} as const

/** Counts and sealed bytes, as people are shown them. */
export interface PruneFigures {
  readonly packs: {
    readonly total: number
    readonly keep: number
    readonly remove: number
    readonly repack: number
    /** in the store but in no index */
    readonly unindexed: number
    /** in an index but not in the store */
    readonly missing: number
  }
  readonly blobs: PruneCounts
  readonly bytes: PruneCounts & {
    /** of the unindexed packs */
    readonly unindexed: number
    /** in packs with uncompressed content that stay (format version 2) */
    readonly uncompressed: number
  }
}

export interface PruneCounts {
  readonly total: number
  readonly used: number
  readonly unused: number
  /** copies of used blobs beyond the first */
  readonly duplicate: number
  /** in packs to be rewritten */
  readonly repack: number
  /** what rewriting drops */
  readonly repackRemove: number
  /** in packs to be removed as a whole */
  readonly remove: number
  readonly removeTotal: number
  readonly remain: number
  /** unused and duplicate ones that stay */
  readonly remainUnused: number
}

export interface PruneDecision {
  /** one of `packAction` for each pack of the index */
  readonly actions: Uint8Array
  /** entries of the blobs to be written to new packs, ascending */
  readonly move: Uint32Array
  readonly figures: PruneFigures
}

interface Candidate {
  readonly pack: number
  readonly mustCompress: boolean
}

/**
 * Decides what a prune does with each pack (A14 of the format). Pure; every needed pack must have been found sound.
 * @param unindexed sizes of the packs that no index names
 */
export function decidePrune(
  index: BlobIndex,
  survey: PackSurvey,
  unindexed: readonly number[],
  version: 1 | 2,
  options: PruneOptions,
): PruneDecision {
  const actions = new Uint8Array(survey.packs)
  const largeBytes = findLargeBytes(survey, options)
  const candidates = classify(survey, version, largeBytes, options, actions)
  chooseRepacks(index, survey, candidates, largeBytes, options, actions)
  const figures = addUp(survey, unindexed, version, actions)
  return { actions, move: listMoves(index, survey, actions), figures }
}

/** From which size a pack is not small: 80 % of the size that all but the smallest 3 % of packs have. */
function findLargeBytes({ expectedBytes }: PackSurvey, options: PruneOptions): number {
  const { repackSmallerThanBytes, repackSmall = false, packBytes = 16 << 20 } = options
  if (repackSmallerThanBytes !== undefined) return repackSmallerThanBytes
  if (repackSmall) return 0.8 * packBytes
  const sorted = expectedBytes.toSorted()
  return 0.8 * Math.max(leastPackBytes, sorted[Math.floor(sorted.length * 0.03)] ?? 0)
}

function classify(
  survey: PackSurvey,
  version: 1 | 2,
  largeBytes: number,
  { repackCacheableOnly = false, repackUncompressed = false, repackSmall = false }: PruneOptions,
  actions: Uint8Array,
): Candidate[] {
  const candidates: Candidate[] = []
  const small: Candidate[] = []
  for (let pack = 0; pack < survey.packs; pack++) {
    const kinds = survey.kinds[pack] ?? 0
    const compressible = version === 2 && (kinds & kindUncompressed) !== 0
    const mustCompress = compressible && (isOnly(kinds, kindTree) || repackUncompressed)
    if (survey.usedBlobs[pack] === 0) {
      actions[pack] = survey.storedBytes[pack] === -1 ? packAction.forget : packAction.remove
    } else if (survey.archived[pack] === 1 || (repackCacheableOnly && isOnly(kinds, kindData))) {
      continue
    } else if ((survey.unusedBlobs[pack] ?? 0) > 0 || isMixed(kinds) || mustCompress) {
      candidates.push({ pack, mustCompress })
    } else if ((survey.expectedBytes[pack] ?? 0) < largeBytes) {
      small.push({ pack, mustCompress })
    }
  }
  return candidates.concat(worthJoining(small, survey, repackSmall))
}

/** On demand also a few small packs are joined, but never a single one of its kind. */
function worthJoining(small: readonly Candidate[], { kinds }: PackSurvey, onDemand: boolean): readonly Candidate[] {
  if (!onDemand) return small.length < fewestSmallPacks ? [] : small
  const ofKind = (kind: number): Candidate[] => small.filter(({ pack }) => isOnly(kinds[pack] ?? 0, kind))
  return [kindTree, kindData].flatMap((kind) => (ofKind(kind).length < 2 ? [] : ofKind(kind)))
}

/** Marks what is repacked: packs that must be, small ones, then those with the largest share of unused data. */
function chooseRepacks(
  index: BlobIndex,
  survey: PackSurvey,
  candidates: readonly Candidate[],
  largeBytes: number,
  { maxUnused, maxRepackBytes = Infinity, unsafeRecoverNoFreeSpace = false }: PruneOptions,
  actions: Uint8Array,
): void {
  const sizeOf = (pack: number): number => survey.expectedBytes[pack] ?? 0
  const isData = (pack: number): boolean => isOnly(survey.kinds[pack] ?? 0, kindData)
  const unusedShare = (pack: number): number => (survey.unusedBytes[pack] ?? 0) / sizeOf(pack)
  const order = candidates.toSorted(
    ({ pack: a }, { pack: b }) =>
      Number(isData(a)) - Number(isData(b)) ||
      Number(sizeOf(a) >= largeBytes) - Number(sizeOf(b) >= largeBytes) ||
      unusedShare(b) - unusedShare(a) ||
      ((index.packIds[a] ?? '') < (index.packIds[b] ?? '') ? -1 : 1),
  )
  const { totals } = survey
  const limit = unsafeRecoverNoFreeSpace ? 0 : maxRepackBytes
  const unusedAtMost = unusedBytesAtMost(maxUnused, totals.usedBytes)
  let remainingUnused = totals.duplicateBytes + totals.unusedBytes
  for (const [pack, action] of actions.entries()) {
    if (action !== packAction.keep) remainingUnused -= survey.unusedBytes[pack] ?? 0
  }
  let repackBytes = 0
  for (const { pack, mustCompress } of order) {
    if (repackBytes + sizeOf(pack) >= limit) continue
    const isDispensable = isData(pack) && !mustCompress && sizeOf(pack) >= largeBytes
    if (isDispensable && remainingUnused < unusedAtMost) continue
    actions[pack] = packAction.repack
    repackBytes += sizeOf(pack)
    remainingUnused -= survey.unusedBytes[pack] ?? 0
  }
}

/** The used blobs of the packs to be rewritten, without those that a pack which stays has as well. */
function listMoves(index: BlobIndex, survey: PackSurvey, actions: Uint8Array): Uint32Array {
  const { keep, copies, usedBlobs } = survey
  const stays = (entry: number): boolean => {
    const pack = index.packOf(entry)
    return actions[pack] === packAction.keep && isSound(survey, pack)
  }
  const covered = new Set<number>()
  for (const group of copies.groups) {
    if (group.some(stays)) for (const entry of group) covered.add(entry)
  }
  const most = actions.reduce(
    (sum, action, pack) => sum + (action === packAction.repack ? (usedBlobs[pack] ?? 0) : 0),
    0,
  )
  const move = new Uint32Array(most)
  let end = 0
  for (let entry = 0; most > 0 && entry < index.size; entry++) {
    if (actions[index.packOf(entry)] !== packAction.repack || !keep.has(entry) || covered.has(entry)) continue
    move[end++] = entry
  }
  return move.slice(0, end)
}

function addUp(survey: PackSurvey, unindexed: readonly number[], version: 1 | 2, actions: Uint8Array): PruneFigures {
  const { totals } = survey
  const sums = {
    repackBlobs: 0,
    repackBytes: 0,
    repackRemoveBlobs: 0,
    repackRemoveBytes: 0,
    removeBlobs: 0,
    removeBytes: 0,
  }
  const packs = { keep: 0, remove: 0, repack: 0, missing: 0 }
  let uncompressed = 0
  for (const [pack, action] of actions.entries()) {
    const [unusedBlobs = 0, unusedBytes = 0] = [survey.unusedBlobs[pack], survey.unusedBytes[pack]]
    const blobBytes = unusedBytes + (survey.usedBytes[pack] ?? 0)
    if (action === packAction.repack) {
      packs.repack++
      sums.repackBlobs += unusedBlobs + (survey.usedBlobs[pack] ?? 0)
      sums.repackBytes += blobBytes
      sums.repackRemoveBlobs += unusedBlobs
      sums.repackRemoveBytes += unusedBytes
    } else if (action === packAction.keep) {
      packs.keep++
      if (version === 2 && ((survey.kinds[pack] ?? 0) & kindUncompressed) !== 0) uncompressed += blobBytes
    } else {
      if (action === packAction.forget) packs.missing++
      else packs.remove++
      sums.removeBlobs += unusedBlobs
      sums.removeBytes += unusedBytes
    }
  }
  const unindexedBytes = unindexed.reduce((sum, bytes) => sum + bytes, 0)
  return {
    packs: { total: survey.packs - packs.missing + unindexed.length, ...packs, unindexed: unindexed.length },
    blobs: count(
      [totals.usedBlobs, totals.unusedBlobs, totals.duplicateBlobs],
      [sums.repackBlobs, sums.repackRemoveBlobs, sums.removeBlobs],
      0,
    ),
    bytes: {
      ...count(
        [totals.usedBytes, totals.unusedBytes, totals.duplicateBytes],
        [sums.repackBytes, sums.repackRemoveBytes, sums.removeBytes],
        unindexedBytes,
      ),
      unindexed: unindexedBytes,
      uncompressed,
    },
  }
}

function count(
  [used, unused, duplicate]: readonly [number, number, number],
  [repack, repackRemove, remove]: readonly [number, number, number],
  unindexed: number,
): PruneCounts {
  const total = used + unused + duplicate + unindexed
  const removeTotal = remove + repackRemove + unindexed
  const remain = total - removeTotal
  const remainUnused = unused + duplicate - remove - repackRemove
  return { total, used, unused, duplicate, repack, repackRemove, remove, removeTotal, remain, remainUnused }
}

function isOnly(kinds: number, kind: number): boolean {
  return (kinds & (kindTree | kindData)) === kind
}

function isMixed(kinds: number): boolean {
  return isOnly(kinds, kindTree | kindData)
}
