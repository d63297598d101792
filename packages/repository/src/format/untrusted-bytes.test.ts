import { isAppError } from '@holdfast/core/errors/app-error'
import { processorMs } from '@holdfast/core/testing/processor-time'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createMasterKey } from './create-master-key.ts'
import { parseConfigFile } from './config-file.ts'
import { seal } from './crypto.ts'
import { encodeIndex, parseIndex } from './index-file.ts'
import { createKeyFile, parseKeyFile } from './key-file.ts'
import { encodeLockFile, parseLockFile } from './lock-file.ts'
import { unquoteName } from './node-name.ts'
import { nodesArbitrary } from './node-arbitrary.ts'
import { encodePackHeader, openPackHeader, parsePackHeader, sealPackHeader } from './pack-header.ts'
import type { PackedBlob } from './packed-blob.ts'
import { encodeSnapshot, parseSnapshot } from './snapshot.ts'
import { parseSummary } from './snapshot-summary.ts'
import { JsonFields } from './json-fields.ts'
import { parseTimestamp } from './timestamp.ts'
import { encodeTree, parseTree, rawNodes } from './tree.ts'
import { decodeUnpacked, encodeUnpacked } from './unpacked.ts'

const key = createMasterKey()
const id = 'ab'.repeat(32)
const blobs: PackedBlob[] = [
  { id, type: 'tree', offset: 0, length: 50, rawLength: 90 },
  { id, type: 'data', offset: 50, length: 60, rawLength: 0 },
]
const index = encodeIndex([
  { id, blobs },
  { id, blobs: [] },
])
const trailer = sealPackHeader(key, blobs)
const identity = { username: 'u', hostname: 'h' }
const keyFile = await createKeyFile('x', key, identity, new Date(0), { N: 16, r: 1, p: 1 })
const snapshot = encodeSnapshot({
  ...{ time: '2024-01-01T00:00:00Z', tree: id, paths: ['/a'], excludes: ['*.tmp'], tags: ['t'], uid: 1, gid: 1 },
  ...{ ...identity, programVersion: 'p' },
  summary: parseSummary(new JsonFields({ backup_start: '2024-01-01T00:00:00Z', files_new: 1 }, 'summary')),
})
const lock = encodeLockFile({ time: '2024-01-01T00:00:00Z', exclusive: true, ...identity, pid: 1, uid: 0, gid: 0 })
const config = Buffer.from(`{"version":2,"id":"${id}","chunker_polynomial":"3da3358b4dc173"}`)
const tree = encodeTree(fc.sample(nodesArbitrary, { seed: 7, numRuns: 30 }).find((nodes) => nodes.length > 5) ?? [])
const sink = { pack: (): number => 0, blob: (): void => {}, packToDelete: (): void => {} }

/** Each parser of bytes that come from a store, with a valid input. */
const parsers: readonly (readonly [name: string, valid: Uint8Array, parse: (bytes: Uint8Array) => unknown])[] = [
  ['index', index, (bytes) => parseIndex(bytes, sink, 'x')],
  ['pack header', encodePackHeader(blobs), (bytes) => parsePackHeader(bytes, 110 + 78 + 36, 'x')],
  ['pack trailer', trailer, (bytes) => openPackHeader(key, bytes, 110 + trailer.length, 'x')],
  ['tree', tree, (bytes) => parseTree(bytes, id)],
  ['raw tree', tree, (bytes) => rawNodes(bytes, id)],
  ['snapshot', snapshot, (bytes) => parseSnapshot(bytes, 'x')],
  ['lock', lock, (bytes) => parseLockFile(bytes, 'x')],
  ['key', keyFile.bytes, (bytes) => parseKeyFile(bytes)],
  ['config', config, (bytes) => parseConfigFile(key, seal(key, bytes), 'x')],
  ['compressed file', encodeUnpacked(index, 2), (bytes) => decodeUnpacked(bytes, 'x', 1 << 20)],
]

interface Mutation {
  readonly at: number
  readonly remove: number
  readonly insert: Uint8Array
}

const fragment = fc.oneof(
  fc.uint8Array({ maxLength: 4 }),
  fc
    .constantFrom(
      '"',
      '\\',
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      'null',
      '-1',
      '1e999',
      '99999999999999999999',
      '\\u0000',
      '""',
    )
    .map((text) => Buffer.from(text)),
)
const mutations: fc.Arbitrary<Mutation[]> = fc.array(
  fc.record({ at: fc.nat({ max: 4000 }), remove: fc.nat({ max: 9 }), insert: fragment }),
  { minLength: 1, maxLength: 3 },
)

function mutate(valid: Uint8Array, changes: readonly Mutation[]): Buffer {
  let bytes = Buffer.from(valid)
  for (const { at, remove, insert } of changes) {
    const start = at % (bytes.length + 1)
    bytes = Buffer.concat([bytes.subarray(0, start), insert, bytes.subarray(start + remove)])
  }
  return bytes
}

/** "value" or "damage" whatever the bytes are; "slow" when it took too long. Anything else is thrown. */
function outcome(parse: (bytes: Uint8Array) => unknown, bytes: Uint8Array): 'value' | 'damage' | 'slow' {
  const started = processorMs()
  let result: 'value' | 'damage' = 'value'
  try {
    parse(bytes)
  } catch (error) {
    if (!isAppError(error, 'REPOSITORY_DAMAGED') && !isAppError(error, 'REPOSITORY_VERSION_UNSUPPORTED')) throw error
    result = 'damage'
  }
  return processorMs() - started > 1000 ? 'slow' : result
}

const orderly = /^(value|damage)$/

describe.each(parsers)('the parser of a %s', (_name, valid, parse) => {
  test('accepts the valid input', () => {
    expect(outcome(parse, valid)).toBe('value')
  })

  test('meets altered input with a value or a typed error', () => {
    fc.assert(
      fc.property(mutations, (changes) => {
        expect(outcome(parse, mutate(valid, changes))).toMatch(orderly)
      }),
      { numRuns: 400 },
    )
  })

  test('meets input that is cut off anywhere with a typed error or a value', () => {
    for (let length = 0; length < valid.length; length++) {
      expect(outcome(parse, valid.subarray(0, length))).toMatch(orderly)
    }
  })

  test('meets random input with a typed error or a value', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(outcome(parse, bytes)).toMatch(orderly)
      }),
    )
  })

  test('meets deeply nested input with a typed error or a value', () => {
    const nestings = [
      `{"nodes":${'['.repeat(100_000)}`,
      `{"nodes":[{"name":${'['.repeat(100_000)}`,
      `{"packs":${'[{"a":'.repeat(20_000)}1${'}]'.repeat(20_000)}}`,
    ]
    for (const nesting of nestings) expect(outcome(parse, Buffer.from(nesting))).toMatch(orderly)
  })
})

test('no tree that parses holds a name that leads out of its directory', () => {
  fc.assert(
    fc.property(mutations, (changes) => {
      const names: Buffer[] = []
      outcome((bytes) => names.push(...parseTree(bytes, id).map((node) => node.name)), mutate(tree, changes))
      const leading = names.filter(
        (name) => name.includes(0x2f) || name.includes(0) || ['', '.', '..'].includes(name.toString()),
      )
      expect(leading).toEqual([])
    }),
    { numRuns: 400 },
  )
})

test('any text is a name or none, a time or none', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(unquoteName(text) ?? Buffer.alloc(0)).toBeInstanceOf(Buffer)
      expect(unquoteName(`\\${text}`) ?? Buffer.alloc(0)).toBeInstanceOf(Buffer)
      expect(typeof (parseTimestamp(text)?.ns ?? 0n)).toBe('bigint')
    }),
  )
})

test('texts that could make a pattern slow do not', () => {
  const started = processorMs()
  parseTimestamp(`2024-01-01T00:00:00.${'1'.repeat(1_000_000)}`)
  unquoteName('\\x41'.repeat(100_000))
  outcome((bytes) => parseTree(bytes, id), Buffer.from(`{"nodes":[{"inode":${'9'.repeat(1_000_000)}}]}`))
  outcome((bytes) => parseTree(bytes, id), Buffer.from(`{"nodes":["${',"inode":'.repeat(100_000)}"]}`))
  expect(processorMs() - started).toBeLessThan(2000)
})
