import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ArenaCipher } from '../engine/arena-cipher.ts'
import { BlobHasher } from '../engine/blob-hasher.ts'
import { Arena } from '../engine/arena.ts'
import { createLocalPackReader } from '../engine/pack-reader.ts'
import { createDecompressor } from '../engine/zstd.ts'
import { createMasterKey } from '../format/create-master-key.ts'
import { PackVerifier } from './pack-verifier.ts'

let root = ''
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'pack-verifier-'))
})
afterAll(() => rmSync(root, { recursive: true }))

function createVerifier(): PackVerifier {
  const arena = new Arena(1 << 20)
  const key = createMasterKey()
  const region = (): { at: number; sizeBytes: number } => ({ at: arena.reserve(65536), sizeBytes: 65536 })
  return new PackVerifier({
    arena,
    key,
    cipher: new ArenaCipher(arena, key),
    packs: createLocalPackReader(arena, root),
    hasher: new BlobHasher(arena),
    decompress: createDecompressor(arena.bytes),
    windowBytes: 32768,
    window: region(),
    plain: region(),
    onTree: () => {},
  })
}

test('a pack that the disk cannot read is one finding, and not the end of the check', () => {
  const id = 'ab'.repeat(32)
  // a directory can be opened, but not read
  mkdirSync(join(root, 'data', 'ab', id), { recursive: true })
  const problems = createVerifier().verify(id, 1000, [])
  expect(problems).toEqual([{ kind: 'pack-unreadable', id, reason: expect.stringContaining('cannot read') }])
})

test('a pack that vanished after it was listed is missing', () => {
  const id = 'cd'.repeat(32)
  expect(
    createVerifier()
      .verify(id, 1000, [])
      .map(({ kind }) => kind),
  ).toEqual(['pack-missing'])
})
