import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, release, totalmem } from 'node:os'

/** The kind of machine in one line, without its name. */
export function describeMachine(): string {
  const flags = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'latin1'))?.[1]?.split(' ') ?? []
  const useful = ['sha_ni', 'sha2', 'aes', 'vaes', 'avx2', 'avx512f', 'asimd'].filter((flag) => flags.includes(flag))
  const memoryGiB = Math.round(totalmem() / 2 ** 30)
  return `${availableParallelism()} × ${cpus()[0]?.model.trim()} (${useful.join(', ')}), ${memoryGiB} GiB, Linux ${release().split('-')[0]}, Node ${process.versions.node}`
}
