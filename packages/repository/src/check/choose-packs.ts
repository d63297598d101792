import { randomInt } from 'node:crypto'
import { AppError } from '@holdfast/core/errors/app-error'
import type { ReadData } from './check-options.ts'

export interface ListedPack {
  /** 64 hex digits */
  readonly id: string
  readonly sizeBytes: number
}

/**
 * The packs to read. Parts are chosen by the first byte of the id, as restic does, so that a rotation of parts covers
 * every pack; samples are random and hold at least one pack.
 * @throws AppError ARGUMENT_INVALID
 */
export function choosePacks<Pack extends ListedPack>(
  packs: readonly Pack[],
  readData: ReadData,
  random: () => number = secureRandom,
): readonly Pack[] {
  if (readData === 'none') return []
  if (readData === 'all') return packs
  if ('part' in readData) return choosePart(packs, readData)
  return chooseSample(packs, 'percent' in readData ? readData.percent : percentOf(packs, readData.bytes), random)
}

function choosePart<Pack extends ListedPack>(
  packs: readonly Pack[],
  { part, of }: { readonly part: number; readonly of: number },
): Pack[] {
  const valid = Number.isInteger(part) && Number.isInteger(of) && part >= 1 && part <= of && of <= 256
  if (!valid) throw invalid(`${part}/${of}`, 'a part is n/t with 1 ≤ n ≤ t ≤ 256')
  return packs.filter(({ id }) => Number.parseInt(id.slice(0, 2), 16) % of === part - 1)
}

function percentOf(packs: readonly ListedPack[], bytes: number): number {
  if (!(bytes > 0)) throw invalid(`${bytes}`, 'a sample needs more than 0 bytes')
  const total = packs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  return total === 0 ? 100 : Math.min(100, (bytes / total) * 100)
}

function chooseSample<Pack extends ListedPack>(packs: readonly Pack[], percent: number, random: () => number): Pack[] {
  if (!(percent > 0 && percent <= 100)) throw invalid(`${percent}%`, 'a share is more than 0 % and at most 100 %')
  const count = Math.min(packs.length, Math.max(1, Math.floor((packs.length * percent) / 100)))
  const pool = [...packs]
  // the first steps of a Fisher–Yates shuffle
  for (let at = 0; at < count; at++) {
    const from = at + Math.floor(random() * (pool.length - at))
    const [here, there] = [pool[at], pool[from]]
    if (here === undefined || there === undefined) throw new Error('random numbers must be in [0, 1)')
    pool[at] = there
    pool[from] = here
  }
  return pool.slice(0, count)
}

function invalid(value: string, reason: string): AppError {
  return new AppError('ARGUMENT_INVALID', { name: 'the data to read', value, reason })
}

function secureRandom(): number {
  return randomInt(2 ** 32) / 2 ** 32
}
