import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fillText } from './fill-text.ts'
import { makePhrases, type TextKind } from './phrase-table.ts'
import { RandomStream } from './random-stream.ts'

const filesPerDirectory = 7.6
const medianBytes = 1900
/** Of the logarithm: gives a mean near 16 kB, with a tail of a few files of many megabytes. */
const deviation = 2.07
const largestBytes = 16 * 1024 * 1024

const kinds: readonly { ending: string; kind: TextKind | 'binary'; share: number }[] = [
  { ending: 'ts', kind: 'code', share: 45 },
  { ending: 'json', kind: 'json', share: 20 },
  { ending: 'md', kind: 'prose', share: 25 },
  { ending: 'png', kind: 'binary', share: 10 },
]

/** What was written. */
export interface SmallFiles {
  readonly files: number
  readonly directories: number
  readonly sizeBytes: number
}

/**
 * Writes a tree like a large source checkout with its dependencies: `files` files, about one directory for 7.6 of them,
 * nested up to ten deep. The same count gives the same names and contents everywhere. 108 000 files are about 1.7 GB;
 * `sizeFactor` makes every file larger or smaller.
 */
export function writeSmallFiles(root: string, files: number, sizeFactor = 1): SmallFiles {
  const random = new RandomStream(files)
  const phrases: Record<TextKind, readonly Buffer[]> = {
    code: makePhrases('code', 5000),
    json: makePhrases('json', 5000),
    prose: makePhrases('prose', 5000),
  }
  const directories = makeDirectories(root, Math.max(1, Math.round(files / filesPerDirectory)), random)
  const buffer = Buffer.alloc(largestBytes)
  let sizeBytes = 0
  for (let number = 0; number < files; number++) {
    const { ending, kind } = pickKind(random)
    const content = buffer.subarray(0, pickSize(random, sizeFactor))
    if (kind === 'binary') fillBinary(content, random)
    else fillText(content, phrases[kind], random)
    writeFileSync(join(random.pick(directories), `file-${number}.${ending}`), content)
    sizeBytes += content.length
  }
  return { files, directories: directories.length, sizeBytes }
}

function makeDirectories(root: string, count: number, random: RandomStream): string[] {
  mkdirSync(root, { recursive: true })
  const directories = [{ path: root, depth: 0 }]
  while (directories.length < count) {
    const parent = random.pick(directories)
    if (parent.depth >= 10) continue
    const path = join(parent.path, `folder-${directories.length}`)
    mkdirSync(path)
    directories.push({ path, depth: parent.depth + 1 })
  }
  return directories.map((directory) => directory.path)
}

function pickKind(random: RandomStream): (typeof kinds)[number] {
  let left = random.below(kinds.reduce((sum, kind) => sum + kind.share, 0))
  for (const kind of kinds) {
    left -= kind.share
    if (left < 0) return kind
  }
  throw new Error('the shares do not add up')
}

function pickSize(random: RandomStream, factor: number): number {
  return Math.min(largestBytes, Math.round(medianBytes * factor * Math.exp(deviation * random.normal())))
}

function fillBinary(target: Buffer, random: RandomStream): void {
  const words = new Uint32Array(target.buffer, target.byteOffset, target.length >> 2)
  for (let at = 0; at < words.length; at++) words[at] = random.word()
  // The last bytes that do not fill a word.
  for (let at = words.length * 4; at < target.length; at++) target[at] = random.below(256)
}
