import { open } from 'node:fs/promises'
import { makePhrases } from './phrase-table.ts'
import { RandomStream } from './random-stream.ts'

const rowsPerInsert = 200
const pieceBytes = 4 * 1024 * 1024

/**
 * Writes one file of `sizeBytes` that looks like a database dump: INSERT statements with numbers, addresses, dates,
 * words and hashes, which zstd shrinks to between a quarter and a third.
 */
export async function writeSqlText(path: string, sizeBytes: number): Promise<void> {
  const random = new RandomStream(20)
  const phrases = makePhrases('prose', 4000).map((phrase) => phrase.toString('latin1').replace(/\n/g, ' '))
  const piece = Buffer.alloc(pieceBytes + 64 * 1024)
  await using file = await open(path, 'w')
  let row = 0
  for (let written = 0; written < sizeBytes;) {
    let used = 0
    while (used < pieceBytes) used += piece.write(sqlRow(row++, random, phrases), used, 'latin1')
    const length = Math.min(used, sizeBytes - written)
    await file.writeFile(piece.subarray(0, length))
    written += length
  }
}

function sqlRow(row: number, random: RandomStream, phrases: readonly string[]): string {
  const start =
    row % rowsPerInsert === 0 ? 'INSERT INTO orders (id, customer, mail, total, state, at, note, hash) VALUES\n' : ''
  const end = row % rowsPerInsert === rowsPerInsert - 1 ? ';\n' : ',\n'
  const customer = random.below(250_000)
  const state = random.pick(['open', 'paid', 'packed', 'shipped', 'returned'])
  const at = `2026-${two(1 + random.below(12))}-${two(1 + random.below(28))} ${two(random.below(24))}:${two(random.below(60))}:${two(random.below(60))}`
  const note = random.pick(phrases) + random.pick(phrases) + random.pick(phrases)
  const hash = random.word().toString(16) + random.word().toString(16)
  return `${start}(${row + 1}, ${customer}, 'user${customer}@example.org', ${random.below(500_000) / 100}, '${state}', '${at}', '${note}', '${hash}')${end}`
}

function two(value: number): string {
  return value.toString().padStart(2, '0')
}
