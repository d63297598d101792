/**
 * How far a repository's data has been read again. Packs are divided into parts by the first byte of their ids, as
 * `check --read-data-subset n/t` does; each part remembers when it was read whole.
 */
export interface CheckRotation {
  /** when counting began: parts that were never read since count from here */
  readonly since: Date
  /** one for each part; undefined: not yet */
  readonly readAt: readonly (Date | undefined)[]
}

/** Parts `parts` of `of`, counted from 1. */
export interface CheckParts {
  readonly parts: readonly number[]
  readonly of: number
}

/** restic's division goes by one byte. */
const mostParts = 256

/**
 * The parts to read now so that, when checks go on at this pace, no part waits longer than `readAllWithinMs`: usually
 * one, more after checks have been missed. The rotation is divided anew when pace or period have changed; what was
 * read then counts for the new parts that only hold packs which were read, as far as that can be told.
 */
export function chooseCheckParts(
  rotation: CheckRotation | undefined,
  pace: { readonly everyMs: number; readonly readAllWithinMs: number; readonly now: Date },
): CheckParts {
  const { everyMs, readAllWithinMs, now } = pace
  const of = Math.min(mostParts, Math.max(1, Math.floor(readAllWithinMs / everyMs)))
  const current = divideAnew(rotation ?? { since: now, readAt: [] }, of)
  const oldestFirst = current.readAt
    .map((readAt, index) => ({
      part: index + 1,
      ageMs: now.getTime() - (readAt ?? current.since).getTime(),
      wasRead: readAt !== undefined,
    }))
    .toSorted((a, b) => b.ageMs - a.ageMs || Number(a.wasRead) - Number(b.wasRead) || a.part - b.part)
  const late = oldestFirst.filter(({ ageMs }) => ageMs + everyMs > readAllWithinMs)
  const evenly = Math.ceil((everyMs * of) / readAllWithinMs)
  const count = Math.min(of, Math.max(1, evenly, late.length))
  return {
    parts: oldestFirst
      .slice(0, count)
      .map(({ part }) => part)
      .toSorted((a, b) => a - b),
    of,
  }
}

/** The rotation after these parts have been read whole and without a problem. */
export function afterCheck(rotation: CheckRotation | undefined, read: CheckParts, at: Date): CheckRotation {
  const current = divideAnew(rotation ?? { since: at, readAt: [] }, read.of)
  return {
    since: current.since,
    readAt: current.readAt.map((before, index) => (read.parts.includes(index + 1) ? at : before)),
  }
}

/** When the part that waits longest was read; `since` when some never was. */
export function oldestRead({ since, readAt }: CheckRotation): Date {
  return readAt.reduce<Date>((oldest, at) => ((at ?? since) < oldest ? (at ?? since) : oldest), readAt[0] ?? since)
}

/** A part of the new division was read when the bytes it stands for were, all of them. */
function divideAnew(rotation: CheckRotation, of: number): CheckRotation {
  const before = rotation.readAt.length
  if (before === of) return rotation
  const readAt = Array.from({ length: of }, (_, part): Date | undefined => {
    if (before === 0) return undefined
    let oldest: Date | undefined
    for (let byte = part; byte < mostParts; byte += of) {
      const at = rotation.readAt[byte % before]
      if (at === undefined) return undefined
      if (oldest === undefined || at < oldest) oldest = at
    }
    return oldest
  })
  return { since: rotation.since, readAt }
}

/** As the mark `checked/<repository>` holds it: { since, readAt: [ISO or null] }. */
export function writeRotation({ since, readAt }: CheckRotation): string {
  return JSON.stringify({ since: since.toISOString(), readAt: readAt.map((at) => at?.toISOString() ?? null) })
}

/** Undefined when there is none, or none that can be read: the rotation then begins again. */
export function readRotation(mark: string | undefined): CheckRotation | undefined {
  if (mark === undefined) return undefined
  try {
    const value: unknown = JSON.parse(mark)
    if (typeof value !== 'object' || value === null || !('since' in value) || !('readAt' in value)) return undefined
    const { since, readAt } = value
    if (typeof since !== 'string' || !Array.isArray(readAt) || readAt.length > mostParts) return undefined
    return {
      since: new Date(since),
      readAt: readAt.map((at: unknown) => (typeof at === 'string' ? new Date(at) : undefined)),
    }
  } catch {
    return undefined
  }
}

/** "3,4/12", as the argument `parts` of a check run holds it. */
export function formatCheckParts({ parts, of }: CheckParts): string {
  return `${parts.join(',')}/${of}`
}

/** Reads what `formatCheckParts` wrote; undefined: it is none. */
export function parseCheckParts(text: string): CheckParts | undefined {
  const [, list = '', whole = ''] = /^(\d+(?:,\d+)*)\/(\d+)$/.exec(text) ?? []
  const parts = list.split(',').map(Number)
  const of = Number(whole)
  const isValid = of >= 1 && of <= mostParts && parts.every((part) => part >= 1 && part <= of)
  return list !== '' && isValid ? { parts, of } : undefined
}
