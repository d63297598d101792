import { readFileSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'

const shared = '/dev/shm'
const typeOfTmpfs = 0x01021994
/** More than all the servers of a run have at one time. */
const neededBytes = 6 * 2 ** 30

/**
 * Where test servers and what is restored of them lie: in memory, where there is plenty of both. A cluster has a thousand
 * files, and after some dozens of them have been made and removed ext4 looks for each new file at all that were removed
 * within minutes: a second of processor time for each cluster. Nothing there outlives the machine, which no test is about.
 */
export function placeForServers(): string {
  try {
    const { type, bavail, bsize, ffree } = statfsSync(shared)
    const isRoomy = type === typeOfTmpfs && bavail * bsize > neededBytes && ffree > 200_000
    if (isRoomy && availableMemoryBytes() > neededBytes) return shared
  } catch {
    // another system
  }
  return tmpdir()
}

function availableMemoryBytes(): number {
  const kibibytes = /^MemAvailable: +(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]
  return Number(kibibytes ?? 0) * 1024
}
