import type { SeededRandom } from '../scenario/random.ts'

/** Changes bytes as bad disks and bad programs do. */
export function mutateBytes(bytes: Uint8Array, random: SeededRandom): Buffer {
  const copy = Buffer.from(bytes)
  const at = random.below(copy.length)
  switch (random.below(6)) {
    case 0:
      return copy.subarray(0, at)
    case 1:
      return Buffer.concat([copy, random.bytes(1 + random.below(200))])
    case 2:
      return Buffer.alloc(0)
    case 3:
      return Buffer.concat([copy.subarray(0, at), copy.subarray(Math.min(copy.length, at + 1 + random.below(40)))])
    case 4:
      return copy.fill(random.below(256), at, Math.min(copy.length, at + 1 + random.below(64)))
    default:
      copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8))
      return copy
  }
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

const hostileValues: readonly Json[] = [
  null,
  true,
  -1,
  0,
  0.5,
  1e308,
  4294967296,
  9007199254740992,
  '',
  '.',
  '..',
  '../../outside',
  '/etc/outside',
  'a/b',
  'nul\0',
  '\\x00',
  '\\x2f',
  '\\x2e\\x2e',
  'ff'.repeat(32),
  '0'.repeat(64),
  'x'.repeat(70_000),
  [],
  {},
  [[]],
  ['0'.repeat(64)],
  'dir',
  'file',
  'symlink',
  'fifo',
  'dev',
  'irregular',
  '9999-99-99T99:99:99Z',
  '0000-01-01T00:00:00Z',
  'not a time',
]

/** Changes one to three values, keys or elements of a JSON text; now and then its bytes instead. */
export function mutateJson(text: string, random: SeededRandom): Buffer {
  if (random.below(6) === 0) return mutateBytes(Buffer.from(text), random)
  // Boundary: what a test changes at random has no shape.
  const root = JSON.parse(text) as Json
  for (let changes = 1 + random.below(3); changes > 0; changes--) mutateValue(root, random)
  return Buffer.from(`${JSON.stringify(root)}\n`)
}

function mutateValue(root: Json, random: SeededRandom): void {
  let parent: Json = root
  for (;;) {
    if (typeof parent !== 'object' || parent === null) return
    const keys = Object.keys(parent)
    if (keys.length === 0) return
    const key = random.pick(keys)
    const child: Json | undefined = Array.isArray(parent) ? parent[Number(key)] : parent[key]
    const isLeaf = typeof child !== 'object' || child === null || Object.keys(child).length === 0
    if (!isLeaf && random.below(4) !== 0) {
      parent = child
      continue
    }
    if (Array.isArray(parent)) return mutateElement(parent, Number(key), random)
    if (random.below(5) === 0) delete parent[key]
    else parent[key] = random.pick(hostileValues)
    return
  }
}

function mutateElement(list: Json[], at: number, random: SeededRandom): void {
  switch (random.below(4)) {
    case 0:
      list.splice(at, 1)
      return
    case 1:
      list.push(structuredClone(list[at] ?? null))
      return
    case 2:
      list.reverse()
      return
    default:
      list[at] = random.pick(hostileValues)
  }
}
