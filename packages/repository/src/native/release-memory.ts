import { libc } from './libc.ts'

/**
 * Gives memory that the allocator keeps for later back to the system; false where that cannot be done. Every worker thread has
 * an arena of its own, which otherwise stays as large as it ever was: about 100 MB with four of them.
 */
export function releaseMemory(): boolean {
  const trim = libc()?.bind('int malloc_trim(size_t pad)')
  return trim !== undefined && trim(0) === 1
}

const mmapThreshold = -3
const largeBytes = 1 << 20

/**
 * From now on, allocations of a megabyte or more go back to the system as soon as they are freed. Left alone, the allocator
 * learns from the first few that such sizes are worth keeping, and keeps them in every thread.
 */
export function releaseLargeAllocations(): void {
  libc()?.bind('int mallopt(int param, int value)')?.(mmapThreshold, largeBytes)
}

const adviceDontNeed = 4
const pageBytes = 4096

/**
 * Gives the pages of part of a buffer back to the system: they read as zeros afterwards and take no memory until they are
 * written again. Only whole pages, only memory of the process's own; nothing happens where it cannot be done.
 */
export function releasePages(address: number, from: number, to: number): void {
  const start = Math.ceil((address + from) / pageBytes) * pageBytes
  const end = Math.floor((address + to) / pageBytes) * pageBytes
  if (end > start)
    libc()?.bind('int madvise(uintptr_t address, size_t length, int advice)')?.(start, end - start, adviceDontNeed)
}

/** Where a buffer lies in the process's memory, undefined where that cannot be told. */
export function addressOf(buffer: Buffer): number | undefined {
  return libc()?.addressOf(buffer)
}
