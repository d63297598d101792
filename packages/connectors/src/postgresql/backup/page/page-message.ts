import { formatLsn } from '../../wal/lsn.ts'
import type { BadPage } from './page-checker.ts'

/** One sentence about a page whose checksum is wrong; begins with the number of the block. */
export function badPageMessage({ block, found, expected, lsn }: BadPage): string {
  return `block ${block} is damaged: its checksum is ${found}, its content gives ${expected}, last changed at ${formatLsn(lsn)}`
}

/** About one that was whole at the second reading, though nothing had changed it. */
export function misreadPageMessage(page: BadPage): string {
  return `${badPageMessage(page)}; read again it was whole, so this backup has it damaged, and disk or memory cannot be relied on`
}

/** The block that such a sentence is about, when it is one. */
export function blockOfMessage(message: string): number | undefined {
  const block = /^block (\d+) is damaged/.exec(message)?.[1]
  return block === undefined ? undefined : Number(block)
}
