/**
 * Whether something other than a directory is left out for its size: only when it is strictly larger than the limit.
 */
export function isLargerThan(limitBytes: number | undefined, sizeBytes: number | bigint): boolean {
  return limitBytes !== undefined && sizeBytes > limitBytes
}
