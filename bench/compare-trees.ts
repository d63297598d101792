import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Throws at the first difference between two trees: names, kinds, modes, owners, modification times to the nanosecond
 * and every byte of every file. So a fast restore that is wrong cannot enter a table.
 */
export function compareTrees(expected: string, actual: string): void {
  const before = lstatSync(expected, { bigint: true })
  const after = lstatSync(actual, { bigint: true })
  for (const field of ['mode', 'uid', 'gid', 'mtimeNs'] as const) {
    if (before[field] !== after[field])
      throw new Error(`${field} of ${actual}: ${after[field]} instead of ${before[field]}`)
  }
  if (before.isDirectory()) {
    const names = readdirSync(expected).toSorted()
    const found = readdirSync(actual).toSorted()
    if (names.join('\0') !== found.join('\0')) throw new Error(`other names in ${actual}: ${found.join(' ')}`)
    for (const name of names) compareTrees(join(expected, name), join(actual, name))
  } else if (before.isSymbolicLink()) {
    if (readlinkSync(expected) !== readlinkSync(actual)) throw new Error(`other target of ${actual}`)
  } else if (before.size !== after.size || !readFileSync(expected).equals(readFileSync(actual))) {
    throw new Error(`other content of ${actual}`)
  }
}
