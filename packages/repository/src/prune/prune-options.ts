import { AppError } from '@holdfast/core/errors/app-error'

/** How much unused data may stay, to save rewriting packs. */
export type UnusedLimit =
  /** share of the repository after the prune, 0 ≤ percent ≤ 100 */
  { readonly percent: number } | { readonly bytes: number } | 'unlimited'

export interface PruneOptions {
  /** restic's default is 5 % */
  readonly maxUnused: UnusedLimit
  /** rewrite fewer bytes than this; 0 rewrites nothing, which frees space without needing any; undefined: no limit */
  readonly maxRepackBytes?: number
  /** rewrite only packs with directories, which the local cache holds */
  readonly repackCacheableOnly?: boolean
  /** join small packs even when there are few of them */
  readonly repackSmall?: boolean
  /** what counts as small; found from the sizes of all packs unless given */
  readonly repackSmallerThanBytes?: number
  /** rewrite packs with uncompressed data (format version 2) */
  readonly repackUncompressed?: boolean
  /** target size of new packs, 16 MiB unless given */
  readonly packBytes?: number
  /** threads, 4 unless given */
  readonly workers?: number
  /**
   * For a store that is so full that not even an index file can be written: indexes are deleted first and written
   * last. While that runs the repository has no index; `repair index` rebuilds it if it is cut off.
   */
  readonly unsafeRecoverNoFreeSpace?: boolean
}

/** @throws AppError ARGUMENT_INVALID */
export function validatePruneOptions(options: PruneOptions, version: 1 | 2, packBytes: number): void {
  const { maxUnused, maxRepackBytes = 0, repackSmallerThanBytes = 0, repackUncompressed = false } = options
  const refuse = (name: string, value: string | number, reason: string): never => {
    throw new AppError('ARGUMENT_INVALID', { name, value, reason })
  }
  if (maxUnused !== 'unlimited') {
    const limit = 'percent' in maxUnused ? maxUnused.percent : maxUnused.bytes
    const most = 'percent' in maxUnused ? 100 : Number.MAX_SAFE_INTEGER
    if (!(limit >= 0 && limit <= most)) refuse('--max-unused', limit, 'it must be a size, 0 % to 100 %, or unlimited')
  }
  if (!(maxRepackBytes >= 0)) refuse('--max-repack-size', maxRepackBytes, 'it must not be negative')
  if (repackSmallerThanBytes > packBytes) {
    refuse('--repack-smaller-than', repackSmallerThanBytes, `new packs have ${packBytes} bytes`)
  }
  if (repackUncompressed && version === 1) {
    refuse('--repack-uncompressed', 'true', 'repositories of format version 1 cannot compress')
  }
}

/** Bytes of unused data that may stay beside so many used bytes. */
export function unusedBytesAtMost(limit: UnusedLimit, usedBytes: number): number {
  if (limit === 'unlimited') return Infinity
  if ('bytes' in limit) return limit.bytes
  return limit.percent >= 100 ? Infinity : (limit.percent / (100 - limit.percent)) * usedBytes
}
