import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makePage } from '../page-fixture.ts'
import { createInspector, pageInspector } from './page-inspector.ts'

const layout = { blockBytes: 8192, relationSegmentBlocks: 131_072 }
const startLsn = 0x5000_0000n
const path = 'postgresql/shop/data/base/5/16384'

let directory: string
let descriptor: number

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-pages-'))
  descriptor = openSync(join(directory, 'relation'), 'w+')
})
afterEach(() => {
  closeSync(descriptor)
  rmSync(directory, { recursive: true })
})

const inspector = createInspector(structuredClone(pageInspector('shop', startLsn, layout).options))

/** Writes the pages to the file, and shows the inspector what it was at the time of the reading, cut at odd places. */
function inspect(onDisk: readonly Buffer[], read = Buffer.concat(onDisk), name = path): string[] {
  ftruncateSync(descriptor, 0)
  writeSync(descriptor, Buffer.concat(onDisk), 0, undefined, 0)
  const messages: string[] = []
  for (let at = 0; at < read.length; at += 10_007) {
    messages.push(...inspector.inspect(read.subarray(at, at + 10_007), at, { path: name, descriptor }))
  }
  return messages
}

function damaged(page: Buffer): Buffer {
  const copy = Buffer.from(page)
  copy[5000] = (copy[5000] ?? 0) ^ 1
  return copy
}

describe('the page inspector', () => {
  const pages = Array.from({ length: 9 }, (_page, block) => makePage(block, 0x100n))

  it('looks at each page once, also at those cut in two', () => {
    expect(inspect(pages)).toEqual([])
    for (let block = 0; block < pages.length; block++) {
      const some = pages.map((page, index) => (index === block ? damaged(page) : page))
      expect(inspect(some)).toEqual([expect.stringMatching(new RegExp(`^block ${block} is damaged`))])
    }
  })

  it('accepts a page that was caught half written, because WAL has its whole image', () => {
    const after = makePage(3, startLsn + 8n, 77)
    const torn = Buffer.concat([pages[3]?.subarray(0, 4096) ?? Buffer.alloc(0), after.subarray(4096)])
    const onDisk = pages.with(3, after)
    expect(inspect(onDisk, Buffer.concat(pages.with(3, torn)))).toEqual([])
  })

  it('does not accept damage because the position in it happens to be high', () => {
    const high = makePage(2, startLsn + 1000n)
    expect(inspect(pages.with(2, damaged(high)))).toEqual([expect.stringContaining('block 2 is damaged')])
  })

  it('says so when a page is whole on the disk, unchanged, and was read otherwise', () => {
    // The first page is not cut in two, so what the engine has is what is looked at.
    const read = pages.with(0, damaged(pages[0] ?? Buffer.alloc(0)))
    expect(inspect(pages, Buffer.concat(read))).toEqual([expect.stringContaining('read again it was whole')])
  })

  it('asks nothing of pages that were never used, of what is cut off, or of other files', () => {
    const empty = Buffer.alloc(8192)
    expect(inspect([...pages, empty])).toEqual([])
    expect(inspect([...pages, Buffer.alloc(5000, 7)])).toEqual([])
    const bad = [damaged(pages[0] ?? empty)]
    expect(inspect(bad, undefined, 'postgresql/shop/data/base/5/PG_VERSION')).toEqual([])
    expect(inspect(bad, undefined, 'postgresql/shop/data/base/5/t3_16384')).toEqual([])
    expect(inspect(bad, undefined, 'postgresql/shop/data/base/5/16384_vm')).toHaveLength(1)
    const elsewhere = 'postgresql/shop/tablespaces/16390/PG_15_202209061/5/16384'
    expect(inspect(bad, undefined, elsewhere)).toHaveLength(1)
  })

  it('numbers the pages of a later file of a relation on', () => {
    expect(inspect([makePage(131_072, 1n)], undefined, `${path}.1`)).toEqual([])
    expect(inspect([makePage(0, 1n)], undefined, `${path}.1`)).toEqual([expect.stringContaining('block 131072 is')])
  })

  it('accepts a damaged page of which the file was cut off meanwhile', () => {
    const read = Buffer.concat([...pages, damaged(makePage(9, 1n))])
    expect(inspect(pages, read)).toEqual([])
  })
})
