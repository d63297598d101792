import { constants, createZstdCompress, zstdCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { zstdContentSize } from './zstd-frame.ts'

test('tells the size that a frame gives for its content, whatever bytes the size takes', () => {
  for (const size of [10, 255, 256, 300, 65_791, 65_792, 70_000, 3_000_000]) {
    expect(zstdContentSize(zstdCompressSync(Buffer.alloc(size, 'holdfast ')))).toBe(size)
  }
})

test('tells nothing of a frame that gives no size, or of something else', async () => {
  const stream = createZstdCompress({ params: { [constants.ZSTD_c_contentSizeFlag]: 0 } })
  stream.end(Buffer.alloc(100_000, 'holdfast '))
  expect(zstdContentSize(Buffer.concat(await Array.fromAsync(stream)))).toBeUndefined()
  expect(zstdContentSize(Buffer.from('{"packs":[]} not a frame'))).toBeUndefined()
  expect(zstdContentSize(Buffer.alloc(0))).toBeUndefined()
})
