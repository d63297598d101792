import * as fc from 'fast-check'
import type { Node, NodeType } from './node.ts'

/** For tests: any file name that a Unix file system allows. */
const nameArbitrary: fc.Arbitrary<Buffer> = fc
  .oneof(fc.uint8Array({ minLength: 1, maxLength: 12 }), fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }))
  .map((name) => Buffer.from(name))
  .filter((name) => !name.includes(0) && !name.includes(0x2f) && !/^\.{1,2}$/.test(name.toString('latin1')))

const uint64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n })
const uint32 = fc.integer({ min: 0, max: 0xffffffff })
const count = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })
const id = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex'))
const bytes = fc.uint8Array({ maxLength: 20 }).map((value) => Buffer.from(value))
const text = fc.string({ unit: 'binary', maxLength: 10 })
const attributeName = fc.string({ unit: 'binary', minLength: 1, maxLength: 10 }).map((name) => Buffer.from(name))
/** Before standard time local clocks were ahead by seconds as well, which the format cannot say. */
function hasWholeMinutes(ns: bigint): boolean {
  const date = new Date(Number(ns / 1_000_000n))
  return date.getSeconds() === date.getUTCSeconds()
}

const time = fc.bigInt({ min: -2_000_000_000_000_000_000n, max: 9_000_000_000_000_000_000n }).filter(hasWholeMinutes)
const types: NodeType[] = ['file', 'dir', 'symlink', 'dev', 'chardev', 'fifo', 'socket', 'irregular']

/** For tests: any node. */
const nodeArbitrary: fc.Arbitrary<Node> = fc.record(
  {
    name: nameArbitrary,
    type: fc.constantFrom(...types),
    mode: uint32,
    mtimeNs: time,
    atimeNs: time,
    ctimeNs: time,
    uid: uint32,
    gid: uint32,
    user: text,
    group: text,
    inode: uint64,
    deviceId: uint64,
    size: count,
    links: count,
    linkTarget: bytes.filter((target) => target.length > 0),
    extendedAttributes: fc.array(fc.record({ name: attributeName, value: bytes }), { maxLength: 3 }),
    device: uint64,
    content: fc.oneof(fc.constant(null), fc.array(id, { maxLength: 3 })),
    subtree: id,
    error: text,
  },
  {
    requiredKeys: [
      'name',
      'type',
      'mode',
      'mtimeNs',
      'atimeNs',
      'ctimeNs',
      'uid',
      'gid',
      'user',
      'group',
      'inode',
      'deviceId',
      'size',
      'links',
      'extendedAttributes',
      'device',
      'content',
      'error',
    ],
  },
)

/** For tests: any valid directory. */
export const nodesArbitrary: fc.Arbitrary<Node[]> = fc
  .uniqueArray(nodeArbitrary, { selector: (node) => node.name.toString('hex'), maxLength: 8 })
  .map((nodes) => nodes.toSorted((a, b) => Buffer.compare(a.name, b.name)))
