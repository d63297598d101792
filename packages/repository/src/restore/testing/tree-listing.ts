import { createHash } from 'node:crypto'
import { closeSync, lstatSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs'
import { readXattrs } from '../../native/xattr.ts'

/**
 * Everything that a restore must bring back, as one text an entry, read with the plainest means: for comparing two
 * trees. Paths are byte text. Hard links appear as the first of their names.
 */
export function listTree(root: string): Map<string, string> {
  const listing = new Map<string, string>()
  const inodes = new Map<string, string>()
  const visit = (path: Buffer, name: string): void => {
    const stat = lstatSync(path, { bigint: true })
    const facts = [stat.mode.toString(8), stat.uid, stat.gid, stat.mtimeNs]
    const attributes = readXattrs(path)?.map((one) => `${one.name.toString('latin1')}=${one.value.toString('hex')}`)
    facts.push(attributes?.toSorted().join(' ') ?? '')
    if (stat.isFile()) {
      const inode = String(stat.ino)
      const first = inodes.get(inode) ?? name
      inodes.set(inode, first)
      facts.push(stat.size, hashFile(path), `as ${first}`)
    } else if (stat.isSymbolicLink()) facts.push(readlinkSync(path, 'buffer').toString('hex'))
    else if (!stat.isDirectory()) facts.push(stat.rdev)
    listing.set(name, facts.join(' | '))
    if (!stat.isDirectory()) return
    for (const child of readdirSync(path, 'buffer').toSorted(Buffer.compare)) {
      visit(Buffer.concat([path, Buffer.from('/'), child]), `${name}/${child.toString('latin1')}`)
    }
  }
  visit(Buffer.from(root), '')
  return listing
}

/** Lines that differ between two trees; empty when they are equal. */
export function treeDifferences(expected: Map<string, string>, actual: Map<string, string>): string[] {
  const names = new Set([...expected.keys(), ...actual.keys()])
  return [...names]
    .filter((name) => expected.get(name) !== actual.get(name))
    .map((name) => `${name}: ${expected.get(name) ?? 'absent'} -> ${actual.get(name) ?? 'absent'}`)
}

function hashFile(path: Buffer): string {
  const hash = createHash('sha256')
  const buffer = Buffer.alloc(1 << 20)
  const fd = openSync(path, 'r')
  try {
    for (let count = 1; count > 0;) {
      count = readSync(fd, buffer)
      hash.update(buffer.subarray(0, count))
    }
  } finally {
    closeSync(fd)
  }
  return hash.digest('hex')
}
