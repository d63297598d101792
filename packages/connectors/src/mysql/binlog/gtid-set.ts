type Interval = readonly [first: bigint, last: bigint]

/**
 * Transactions by their GTIDs, of either family: "0-1-77,0-2-80" (MariaDB: everything of domain 0 that server 1 began, up to
 * number 77) or "3e11…:1-5:7,…" (MySQL: intervals of each server's uuid, and from 8.3 of each of its tags).
 */
export class GtidSet {
  /** by "domain-server", uuid or uuid:tag; intervals in order, not touching each other */
  readonly #origins = new Map<string, Interval[]>()

  /** Unknown parts are an error of whoever wrote the text. */
  static parse(text: string): GtidSet {
    const set = new GtidSet()
    for (const part of text.split(',').map((each) => each.trim())) {
      if (part === '') continue
      const gtid = splitGtid(part)
      if (gtid !== undefined && gtid.isMariadb) {
        set.add(part)
        continue
      }
      set.#addUuid(part)
    }
    return set
  }

  /** "3e11…:1-5:7:nightly:1-2": a tag holds for the intervals behind it. */
  #addUuid(part: string): void {
    const [uuid = '', ...intervals] = part.toLowerCase().split(':')
    let origin = uuid
    if (intervals.length === 0) throw new Error(`no set of GTIDs: ${part}`)
    for (const [at, interval] of intervals.entries()) {
      const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(interval) ?? []
      if (first !== undefined && last !== undefined) this.addInterval(origin, BigInt(first), BigInt(last))
      else if (/^[a-z_]\w*$/.test(interval) && at + 1 < intervals.length) origin = `${uuid}:${interval}`
      else throw new Error(`no set of GTIDs: ${part}`)
    }
  }

  get isEmpty(): boolean {
    return this.#origins.size === 0
  }

  add(gtid: string): void {
    const split = splitGtid(gtid)
    if (split === undefined) throw new Error(`no GTID: ${gtid}`)
    // a server of MariaDB numbers upwards within a domain; what it left out are other servers' numbers
    this.addInterval(split.origin, split.isMariadb ? 1n : split.number, split.number)
  }

  addInterval(origin: string, first: bigint, last: bigint): void {
    const own = this.#origins.get(origin)
    const newest = own?.at(-1)
    if (own !== undefined && newest !== undefined && first > newest[0] && first <= newest[1] + 1n) {
      own[own.length - 1] = [newest[0], last > newest[1] ? last : newest[1]]
      return
    }
    const joined: Interval[] = []
    const all = [...(own ?? []), [first, last] as const].toSorted((one, other) => (one[0] < other[0] ? -1 : 1))
    for (const [begin, end] of all) {
      const before = joined.at(-1)
      if (before === undefined || begin > before[1] + 1n) joined.push([begin, end])
      else joined[joined.length - 1] = [before[0], end > before[1] ? end : before[1]]
    }
    this.#origins.set(origin, joined)
  }

  has(gtid: string): boolean {
    const split = splitGtid(gtid)
    if (split === undefined) return false
    const { origin, number } = split
    return (this.#origins.get(origin) ?? []).some(([first, last]) => first <= number && number <= last)
  }

  isWithin(other: GtidSet): boolean {
    for (const [origin, own] of this.#origins) {
      const theirs = other.#origins.get(origin) ?? []
      if (!own.every(([first, last]) => theirs.some(([begin, end]) => begin <= first && last <= end))) return false
    }
    return true
  }

  /** What both hold. */
  sharedWith(other: GtidSet): GtidSet {
    const shared = new GtidSet()
    for (const [origin, own] of this.#origins) {
      for (const [first, last] of own) {
        for (const [begin, end] of other.#origins.get(origin) ?? []) {
          const [from, to] = [first > begin ? first : begin, last < end ? last : end]
          if (from <= to) shared.addInterval(origin, from, to)
        }
      }
    }
    return shared
  }

  /** as `parse` reads it */
  toString(): string {
    return [...this.#origins]
      .map(([origin, intervals]) => {
        if (isMariadbOrigin(origin)) return `${origin}-${intervals.at(-1)?.[1] ?? 0n}`
        const parts = intervals.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`))
        return [origin, ...parts].join(':')
      })
      .join(',')
  }
}

function isMariadbOrigin(origin: string): boolean {
  return /^\d+-\d+$/.test(origin)
}

function splitGtid(
  text: string,
): { readonly origin: string; readonly number: bigint; readonly isMariadb: boolean } | undefined {
  const [, pair, sequence] = /^(\d+-\d+)-(\d+)$/.exec(text) ?? []
  if (pair !== undefined && sequence !== undefined) return { origin: pair, number: BigInt(sequence), isMariadb: true }
  const [, uuid, number] = /^([0-9a-f-]{36}(?::[a-z_]\w*)?):(\d+)$/i.exec(text) ?? []
  if (uuid === undefined || number === undefined) return undefined
  return { origin: uuid.toLowerCase(), number: BigInt(number), isMariadb: false }
}
