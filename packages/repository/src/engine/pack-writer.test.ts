import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { createMasterKey } from '../format/create-master-key.ts'
import { open } from '../format/crypto.ts'
import { openPackHeader } from '../format/pack-header.ts'
import { Arena } from './arena.ts'
import { ArenaCipher } from './arena-cipher.ts'
import { BlobHasher } from './blob-hasher.ts'
import type { FinishedPack } from './finished-pack.ts'
import { mergePacks } from './merge-packs.ts'
import { PackWriter, stagingBytes } from './pack-writer.ts'
import { sha256 } from './sha256.ts'
import { createCompressor, createDecompressor } from './zstd.ts'

const largest = 3 << 20
const key = createMasterKey()
const spool = mkdtempSync(join(tmpdir(), 'holdfast-pack-writer-'))
afterEach(() => {
  for (const name of readdirSync(spool)) rmSync(join(spool, name))
})

function openWriter(targetBytes: number, inLanes = false) {
  const arena = new Arena(40 << 20)
  const region = (sizeBytes: number) => ({ at: arena.reserve(sizeBytes), sizeBytes })
  const [input, text, plain, staging] = [
    region(largest),
    region(largest),
    region(largest),
    region(stagingBytes(largest)),
  ]
  const packs: FinishedPack[] = []
  const writer = new PackWriter({
    arena,
    cipher: new ArenaCipher(arena, key, 262144),
    hasher: new BlobHasher(arena, inLanes),
    decompress: createDecompressor(arena.bytes),
    staging,
    text,
    plain,
    isTree: false,
    targetBytes,
    spoolDirectory: spool,
    label: `writer-${randomBytes(4).toString('hex')}`,
    onFinished: (pack) => packs.push(pack),
  })
  const compress = createCompressor(arena.bytes, 2)
  const add = (bytes: Buffer, compressed: boolean, id = sha256(bytes)): void => {
    arena.bytes.set(bytes, input.at)
    const length = compressed ? compress(input.at, bytes.length, text.at, text.sizeBytes) : bytes.length
    writer.append(id, compressed ? text.at : input.at, length, compressed ? bytes.length : 0)
    writer.settle()
  }
  return { writer, packs, add }
}

/** Blobs of all sizes around the limits, compressible and not. */
function someBlobs(count: number): Buffer[] {
  return Array.from({ length: count }, (_, i) => {
    const length = [0, 10, 500, 16384, 16385, 70_000, 1 << 20, largest - 100][i % 8] ?? 0
    return i % 2 === 0 ? randomBytes(length) : Buffer.from(`${i} `.repeat(length)).subarray(0, length)
  })
}

function readPack(pack: FinishedPack): Map<string, Buffer> {
  const bytes = readFileSync(pack.path)
  expect(bytes.length).toBe(pack.sizeBytes)
  expect(sha256(bytes)).toBe(pack.id)
  expect(openPackHeader(key, bytes, bytes.length, 'pack')).toEqual(pack.blobs)
  return new Map(
    pack.blobs.map(({ id, offset, length }) => [id, open(key, bytes.subarray(offset, offset + length), 'blob')]),
  )
}

describe('the pack writer', () => {
  test.each([false, true])(
    'makes packs whose header, hash and blobs are right, in order, of the target size (lanes: %s)',
    (inLanes) => {
      const { writer, packs, add } = openWriter(4 << 20, inLanes)
      const blobs = someBlobs(60)
      for (const [i, blob] of blobs.entries()) add(blob, i % 3 === 0 && blob.length > 0)
      writer.finish()
      writer.finish()
      expect(packs.length).toBeGreaterThan(5)
      expect(packs.flatMap((pack) => pack.blobs.map(({ id }) => id))).toEqual(blobs.map(sha256))
      for (const pack of packs) readPack(pack)
      expect(packs.slice(0, -1).every(({ sizeBytes }) => sizeBytes >= 4 << 20)).toBe(true)
    },
  )

  test('refuses to finish a pack with a blob that is not what its id says, small or large, compressed or not', () => {
    for (const [length, inLanes] of [300, 50_000].flatMap((bytes) =>
      [true, false].map((lanes) => [bytes, lanes] as const),
    )) {
      for (const compressed of [true, false]) {
        const { writer, packs, add } = openWriter(16 << 20, inLanes)
        const wrong = (): void => {
          for (let i = 0; i < 5; i++) add(randomBytes(length), false)
          add(Buffer.alloc(length, 7), compressed, sha256(Buffer.alloc(length, 8)))
          for (let i = 0; i < 5; i++) add(randomBytes(length), false)
          writer.finish()
        }
        expect(wrong).toThrow(/does not read back/)
        expect(packs).toEqual([])
      }
    }
  })

  test('what waits to be hashed is still there when the memory behind it was given back', () => {
    const { writer, packs, add } = openWriter(64 << 20, true)
    const blobs = Array.from({ length: 20 }, () => randomBytes(1_000_000))
    for (const blob of blobs) {
      add(blob, false)
      writer.release(4096)
    }
    writer.finish()
    const [pack] = packs
    const read = pack === undefined ? new Map<string, Buffer>() : readPack(pack)
    expect(blobs.every((blob) => read.get(sha256(blob))?.equals(blob))).toBe(true)
  })

  test('takes any number of small blobs while large ones wait to be hashed', () => {
    const { writer, packs, add } = openWriter(64 << 20, true)
    const large = Array.from({ length: 3 }, () => randomBytes(1 << 20))
    const small = Array.from({ length: 2000 }, () => randomBytes(9000))
    for (const blob of [...large, ...small]) add(blob, false)
    writer.finish()
    expect(packs.flatMap((pack) => [...readPack(pack).keys()])).toEqual([...large, ...small].map(sha256))
  })

  test('begun packs are joined without opening a blob, as many as fit', () => {
    const made: FinishedPack[] = []
    const blobs = someBlobs(24)
    for (let i = 0; i < 6; i++) {
      const { writer, packs, add } = openWriter(64 << 20)
      for (const blob of blobs.slice(i * 4, i * 4 + 4)) add(blob, false)
      writer.finish()
      made.push(...packs)
    }
    const joined = mergePacks(made, key, 8 << 20)
    expect(joined.length).toBeLessThan(4)
    const read = new Map(joined.flatMap((pack) => [...readPack(pack)]))
    for (const blob of blobs) expect(read.get(sha256(blob))?.equals(blob)).toBe(true)
    expect(readdirSync(spool).length).toBe(joined.length)
  })
})
