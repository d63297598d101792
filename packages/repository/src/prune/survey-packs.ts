import { sealOverheadBytes } from '../format/seal-overhead.ts'
import type { BlobIndex } from '../engine/blob-index.ts'
import { packHeaderEntryBytes } from '../format/pack-header.ts'
import { EntryBitmap } from '../tree/entry-bitmap.ts'
import { type BlobCopies, findBlobCopies } from './blob-copies.ts'

/** sealed header without entries, and its length field */
const trailerBytes = 36

/** What lies in a pack; bits. */
export const kindTree = 1
export const kindData = 2
export const kindUncompressed = 4

/** What each pack of the index holds, by its number there; sizes in bytes. */
export interface PackSurvey {
  readonly packs: number
  /** of the stored file; −1 when it is missing */
  readonly storedBytes: Float64Array
  /** as its blobs imply */
  readonly expectedBytes: Float64Array
  /** sealed blobs that are needed from this pack; of a blob's copies exactly one counts */
  readonly usedBytes: Float64Array
  readonly usedBlobs: Uint32Array
  /** sealed blobs that are not, further copies included */
  readonly unusedBytes: Float64Array
  readonly unusedBlobs: Uint32Array
  readonly kinds: Uint8Array
  /** 1: lies in an archive of the store, so that it can be removed but not read */
  readonly archived: Uint8Array
  /** entries that count as used */
  readonly keep: EntryBitmap
  readonly copies: BlobCopies
  readonly totals: {
    readonly usedBlobs: number
    readonly usedBytes: number
    /** needed by no snapshot */
    readonly unusedBlobs: number
    readonly unusedBytes: number
    /** copies of used blobs beyond the first */
    readonly duplicateBlobs: number
    readonly duplicateBytes: number
  }
}

/** Whether the stored pack has the size that the index implies. */
export function isSound(
  { storedBytes, expectedBytes }: Pick<PackSurvey, 'storedBytes' | 'expectedBytes'>,
  pack: number,
): boolean {
  return storedBytes[pack] === expectedBytes[pack]
}

/**
 * Adds up what the packs hold, and decides which of several copies of a used blob counts.
 * @param used one entry for each used blob, as `collectUsedBlobs` gives it
 * @param sizes of the stored packs, by id
 */
export function surveyPacks(
  index: BlobIndex,
  used: EntryBitmap,
  sizes: ReadonlyMap<string, number>,
  archived: ReadonlySet<string> = new Set(),
): PackSurvey {
  const packs = index.packIds.length
  const totals = { usedBlobs: 0, usedBytes: 0, unusedBlobs: 0, unusedBytes: 0, duplicateBlobs: 0, duplicateBytes: 0 }
  const survey: CountedSurvey = {
    packs,
    storedBytes: Float64Array.from(index.packIds, (id) => sizes.get(id) ?? -1),
    expectedBytes: new Float64Array(packs).fill(trailerBytes),
    usedBytes: new Float64Array(packs),
    usedBlobs: new Uint32Array(packs),
    unusedBytes: new Float64Array(packs),
    unusedBlobs: new Uint32Array(packs),
    kinds: new Uint8Array(packs),
    archived: Uint8Array.from(index.packIds, (id) => (archived.has(id) ? 1 : 0)),
    keep: EntryBitmap.create(index.size),
    copies: findBlobCopies(index),
    totals,
  }
  for (let entry = 0; entry < index.size; entry++) {
    if (survey.copies.echoes.has(entry)) continue
    describe(index, entry, survey)
    if (survey.copies.grouped.has(entry)) continue
    if (used.has(entry)) keepEntry(index, entry, survey)
    else dropEntry(index, entry, survey, false)
  }
  chooseCopies(index, used, survey)
  return survey
}

function describe(index: BlobIndex, entry: number, { expectedBytes, kinds }: CountedSurvey): void {
  const pack = index.packOf(entry)
  const [length, rawLength] = [index.lengthOf(entry), index.rawLengthOf(entry)]
  expectedBytes[pack] = (expectedBytes[pack] ?? 0) + length + packHeaderEntryBytes(rawLength)
  const kind = index.isTree(entry) ? kindTree : kindData
  // an empty blob cannot be compressed
  const uncompressed = rawLength === 0 && length > sealOverheadBytes ? kindUncompressed : 0
  kinds[pack] = (kinds[pack] ?? 0) | kind | uncompressed
}

type CountedSurvey = Omit<PackSurvey, 'totals'> & {
  readonly totals: { -readonly [Name in keyof PackSurvey['totals']]: number }
}

function keepEntry(index: BlobIndex, entry: number, survey: CountedSurvey): void {
  const [pack, length] = [index.packOf(entry), index.lengthOf(entry)]
  survey.keep.add(entry)
  survey.usedBlobs[pack] = (survey.usedBlobs[pack] ?? 0) + 1
  survey.usedBytes[pack] = (survey.usedBytes[pack] ?? 0) + length
  survey.totals.usedBlobs++
  survey.totals.usedBytes += length
}

function dropEntry(index: BlobIndex, entry: number, survey: CountedSurvey, isCopy: boolean): void {
  const [pack, length, { totals }] = [index.packOf(entry), index.lengthOf(entry), survey]
  survey.unusedBlobs[pack] = (survey.unusedBlobs[pack] ?? 0) + 1
  survey.unusedBytes[pack] = (survey.unusedBytes[pack] ?? 0) + length
  if (isCopy) {
    totals.duplicateBlobs++
    totals.duplicateBytes += length
  } else {
    totals.unusedBlobs++
    totals.unusedBytes += length
  }
}

/**
 * Of a used blob's copies the one counts whose pack is needed anyway: first those with blobs that lie nowhere else, then
 * those that hold nothing but such copies (an interrupted prune leaves them: they are the new ones). A copy in a pack
 * that is missing or has a wrong size counts only when there is no other. The order is the same for every group, so that
 * the copies of two equal packs are not scattered over both.
 */
function chooseCopies(index: BlobIndex, used: EntryBitmap, survey: CountedSurvey): void {
  const { usedBlobs, unusedBlobs } = survey
  const onlyHere = usedBlobs.slice()
  const worthless = unusedBlobs.slice()
  for (const group of survey.copies.groups) {
    if (isUsed(group, used)) continue
    for (const entry of group) worthless[index.packOf(entry)] = (worthless[index.packOf(entry)] ?? 0) + 1
  }
  const rank = (entry: number): number => {
    const pack = index.packOf(entry)
    if (!isSound(survey, pack)) return 3
    if ((onlyHere[pack] ?? 0) > 0) return 0
    return (worthless[pack] ?? 0) === 0 ? 1 : 2
  }
  const comesBefore = (a: number, b: number): boolean => {
    const difference = rank(a) - rank(b) || (onlyHere[index.packOf(b)] ?? 0) - (onlyHere[index.packOf(a)] ?? 0)
    if (difference !== 0) return difference < 0
    const [idA = '', idB = ''] = [index.packIds[index.packOf(a)], index.packIds[index.packOf(b)]]
    return idA === idB ? index.offsetOf(a) < index.offsetOf(b) : idA < idB
  }
  for (const group of survey.copies.groups) {
    const needed = isUsed(group, used)
    const chosen = needed ? group.reduce((best, entry) => (comesBefore(entry, best) ? entry : best)) : -1
    for (const entry of group) {
      if (entry === chosen) keepEntry(index, entry, survey)
      else dropEntry(index, entry, survey, needed)
    }
  }
}

function isUsed([representative = -1]: readonly number[], used: EntryBitmap): boolean {
  return representative >= 0 && used.has(representative)
}
