/** Pages as a server would write them. Only for tests. */
import { pageChecksum } from './page/page-checksum.ts'

/** A page with content, its checksum right for this block. */
export function makePage(block: number, lsn: bigint, seed = block): Buffer {
  const page = Buffer.alloc(8192)
  for (let at = 24; at < page.length; at++) page[at] = (at * 31 + seed * 7) & 255
  page.writeUInt32LE(Number(lsn >> 32n), 0)
  page.writeUInt32LE(Number(lsn & 0xffff_ffffn), 4)
  page.writeUInt16LE(4000, 14)
  const words = new Int32Array(new Uint8Array(page).buffer)
  page.writeUInt16LE(pageChecksum(words, 0, 2048, block), 8)
  return page
}
