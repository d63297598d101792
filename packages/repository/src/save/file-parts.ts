/** Chunks of a large file are handed out in parts of about this size: as much as a restore asks one thread for, so that what it reads lies together. */
const partBytes = 8 << 20

/** Neighbouring chunks of a large file, as one worker stores them. */
export interface FilePart {
  readonly start: number
  /** where each chunk ends */
  readonly cuts: readonly number[]
}

/** What was stored of a part. */
export interface StoredPart {
  readonly expectedBytes: number
  bytes: number
  ids: readonly string[]
}

/** Groups chunks that end at `cuts`, the first of them beginning at `start`. */
export function partsOf(start: number, cuts: readonly number[]): FilePart[] {
  const parts: FilePart[] = []
  let [from, part]: [number, number[]] = [start, []]
  for (const [i, cut] of cuts.entries()) {
    part.push(cut)
    if (cut - from < partBytes && i < cuts.length - 1) continue
    parts.push({ start: from, cuts: part })
    from = cut
    part = []
  }
  return parts
}

export function expectedPart({ start, cuts }: FilePart): StoredPart {
  return { expectedBytes: (cuts.at(-1) ?? start) - start, bytes: 0, ids: [] }
}

/** A file that was cut short while it was read ends there, even when it has grown again since. */
export function wholeContent(parts: readonly StoredPart[]): { ids: string[]; bytes: number } {
  const ids: string[] = []
  let bytes = 0
  for (const part of parts) {
    for (const id of part.ids) ids.push(id)
    bytes += part.bytes
    if (part.bytes < part.expectedBytes) break
  }
  return { ids, bytes }
}
