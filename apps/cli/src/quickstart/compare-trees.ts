import { type BigIntStats, closeSync, lstatSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs'

export interface TreeComparison {
  readonly files: number
  readonly directories: number
  readonly links: number
  readonly bytes: number
  /** the first hundred, as sentences */
  readonly differences: readonly string[]
}

interface Findings {
  files: number
  directories: number
  links: number
  bytes: number
  readonly differences: string[]
  /** device and inode → first path seen, of each side: files that are one in the source must be one in the copy */
  readonly originals: Map<string, string>
  readonly copies: Map<string, string>
}

const blockBytes = 1 << 20
const differencesAtMost = 100

/**
 * Compares two trees by reading both: names, kinds, modes, owners, modification times to the nanosecond, link targets, which
 * files are hard links of each other, and every byte. Shares no code with restore or check, so that it can find their
 * mistakes.
 * @param isLeftOut for names that were not backed up
 */
export function compareTrees(
  original: string,
  copy: string,
  isLeftOut: (name: string) => boolean = () => false,
): TreeComparison {
  const found: Findings = {
    files: 0,
    directories: 0,
    links: 0,
    bytes: 0,
    differences: [],
    originals: new Map(),
    copies: new Map(),
  }
  compareEntry(Buffer.from(original), Buffer.from(copy), found, isLeftOut)
  return { ...found, differences: found.differences.slice(0, differencesAtMost) }
}

function compareEntry(original: Buffer, copy: Buffer, found: Findings, isLeftOut: (name: string) => boolean): void {
  const expected = lstatSync(original, { bigint: true })
  const actual = lstatSync(copy, { bigint: true, throwIfNoEntry: false })
  if (actual === undefined) return differ(found, original, 'it is missing')
  if (kindOf(expected) !== kindOf(actual)) return differ(found, original, `it is a ${kindOf(actual)} now`)
  compareAttributes(original, expected, actual, found)
  if (expected.isDirectory()) compareDirectory(original, copy, found, isLeftOut)
  else if (expected.isSymbolicLink()) compareLink(original, copy, found)
  else if (expected.isFile()) compareFile({ original, expected }, { copy, actual }, found)
}

function compareAttributes(path: Buffer, expected: BigIntStats, actual: BigIntStats, found: Findings): void {
  const owns = process.geteuid?.() === 0
  if (expected.mode !== actual.mode)
    differ(found, path, `mode ${actual.mode.toString(8)} instead of ${expected.mode.toString(8)}`)
  if (expected.mtimeNs !== actual.mtimeNs) differ(found, path, 'another modification time')
  // only root can give files away
  if (owns && (expected.uid !== actual.uid || expected.gid !== actual.gid)) differ(found, path, 'another owner')
}

function compareDirectory(original: Buffer, copy: Buffer, found: Findings, isLeftOut: (name: string) => boolean): void {
  found.directories++
  const names = namesIn(original).filter((name) => !isLeftOut(name.toString()))
  const present = new Set(namesIn(copy).map((name) => name.toString('latin1')))
  for (const name of names) {
    present.delete(name.toString('latin1'))
    compareEntry(below(original, name), below(copy, name), found, isLeftOut)
  }
  for (const name of present) differ(found, below(original, Buffer.from(name, 'latin1')), 'it is only in the copy')
}

function compareLink(original: Buffer, copy: Buffer, found: Findings): void {
  found.links++
  const [expected, actual] = [original, copy].map((path) => readlinkSync(path, { encoding: 'buffer' }))
  if (expected === undefined || actual === undefined || !expected.equals(actual))
    differ(found, original, 'another link target')
}

function compareFile(
  { original, expected }: { original: Buffer; expected: BigIntStats },
  { copy, actual }: { copy: Buffer; actual: BigIntStats },
  found: Findings,
): void {
  found.files++
  found.bytes += Number(expected.size)
  if (expected.size !== actual.size) return differ(found, original, `${actual.size} bytes instead of ${expected.size}`)
  const twin = firstOf(found.originals, expected, original.toString('latin1'))
  if (expected.nlink > 1n && firstOf(found.copies, actual, original.toString('latin1')) !== twin) {
    differ(found, original, 'linked to other files')
  }
  const at = firstDifference(original, copy)
  if (at !== undefined) differ(found, original, `other content from byte ${at} on`)
}

function firstOf(seen: Map<string, string>, { dev, ino }: BigIntStats, path: string): string {
  const key = `${dev}:${ino}`
  const first = seen.get(key) ?? path
  seen.set(key, first)
  return first
}

function firstDifference(original: Buffer, copy: Buffer): number | undefined {
  const files = [openSync(original, 'r'), openSync(copy, 'r')] as const
  const blocks = [Buffer.allocUnsafe(blockBytes), Buffer.allocUnsafe(blockBytes)] as const
  try {
    for (let offset = 0; ;) {
      const [expected, actual] = files.map((file, side) => readBlock(file, blocks[side] ?? blocks[0]))
      if (expected === undefined || actual === undefined || !expected.equals(actual)) return offset
      if (expected.length === 0) return undefined
      offset += expected.length
    }
  } finally {
    files.forEach((file) => closeSync(file))
  }
}

/** A whole block, or what is left of the file. */
function readBlock(file: number, block: Buffer): Buffer {
  let filled = 0
  while (filled < block.length) {
    const got = readSync(file, block, filled, block.length - filled, null)
    if (got === 0) break
    filled += got
  }
  return block.subarray(0, filled)
}

function namesIn(directory: Buffer): Buffer[] {
  return readdirSync(directory, { encoding: 'buffer' }).toSorted(Buffer.compare)
}

function below(directory: Buffer, name: Buffer): Buffer {
  return Buffer.concat([directory, Buffer.from('/'), name])
}

function kindOf(stats: BigIntStats): string {
  if (stats.isFile()) return 'file'
  if (stats.isDirectory()) return 'directory'
  return stats.isSymbolicLink() ? 'symbolic link' : 'special file'
}

function differ(found: Findings, path: Buffer, how: string): void {
  found.differences.push(`${path.toString()}: ${how}`)
}
