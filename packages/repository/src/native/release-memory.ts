import { libc } from './libc.ts'

/**
 * Gives memory that the allocator keeps for later back to the system; false where that cannot be done. Every worker thread has
 * an arena of its own, which otherwise stays as large as it ever was: about 100 MB with four of them.
 */
export function releaseMemory(): boolean {
  const trim = libc()?.bind('int malloc_trim(size_t pad)')
  return trim !== undefined && trim(0) === 1
}
