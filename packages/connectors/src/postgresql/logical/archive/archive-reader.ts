import { AppError } from '@holdfast/core/errors/app-error'
import { ByteFeed, type Hunger } from './byte-feed.ts'
import { RowCounter } from './row-counter.ts'
import type { ArchiveFacts, TocEntry } from './toc-entry.ts'

const blocks = { data: 1, largeObjects: 3 } as const
const customFormat = 1
const newestMinor = 16

/**
 * Follows a dump in pg_dump's custom format, uncompressed, while it passes: header, table of contents, blocks of data
 * (as pg_backup_archiver.c and pg_backup_custom.c of PostgreSQL write them, versions 1.14 to 1.16). The format has no
 * end mark, and pg_restore --list looks at the beginning only; that every block which the table of contents promises came,
 * each to its own end, is what tells a whole dump from a cut one. Fails with POSTGRES_DUMP_UNREADABLE.
 */
export class ArchiveReader {
  readonly #what: string
  readonly #feed = new ByteFeed()
  readonly #parsing: Hunger
  #header: Pick<ArchiveFacts, 'format' | 'database' | 'serverVersion' | 'toolVersion' | 'offsetBytes'> | undefined
  #entries: readonly TocEntry[] | undefined
  readonly #awaited = new Set<number>()
  readonly #rows = new Map<number, number>()
  readonly #dataAt = new Map<number, number>()
  #largeObjects = 0
  #isBetweenBlocks = false

  /** `what`: for errors */
  constructor(what: string) {
    this.#what = what
    this.#parsing = this.#parse()
    this.#parsing.next()
  }

  /** the table of contents, once it has passed */
  get entries(): readonly TocEntry[] | undefined {
    return this.#entries
  }

  push(bytes: Uint8Array): void {
    this.#feed.add(bytes)
    try {
      this.#parsing.next()
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      throw this.#unreadable(`${error.message} at byte ${this.#feed.position}`)
    }
  }

  /** To be called after the last byte: whether the dump was whole. */
  finish(): ArchiveFacts {
    const [header, entries] = [this.#header, this.#entries]
    if (header === undefined || entries === undefined) throw this.#unreadable('it ends within its table of contents')
    if (!this.#isBetweenBlocks || !this.#feed.isEmpty) throw this.#unreadable('it ends in the middle of a table')
    const [missing] = this.#awaited
    if (missing !== undefined) {
      const entry = entries.find(({ dumpId }) => dumpId === missing)
      const others = this.#awaited.size === 1 ? '' : ` and ${this.#awaited.size - 1} others`
      throw this.#unreadable(`the data of ${entry?.namespace}.${entry?.tag}${others} is missing`)
    }
    return {
      ...header,
      entries,
      rows: this.#rows,
      dataAt: this.#dataAt,
      largeObjects: this.#largeObjects,
      sizeBytes: this.#feed.position,
    }
  }

  *#parse(): Hunger {
    yield* this.#readHeader()
    const entries: TocEntry[] = []
    const count = yield* this.#feed.integer()
    for (let i = 0; i < count; i++) {
      const entry = yield* this.#readEntry()
      if (entry.hasData) this.#awaited.add(entry.dumpId)
      entries.push(entry)
    }
    this.#entries = entries
    for (;;) {
      this.#isBetweenBlocks = true
      yield* this.#feed.need(1)
      this.#isBetweenBlocks = false
      yield* this.#readBlock()
    }
  }

  *#readHeader(): Hunger {
    const feed = this.#feed
    let magic = ''
    for (let i = 0; i < 5; i++) magic += String.fromCharCode(yield* feed.byte())
    if (magic !== 'PGDMP') throw new RangeError('it does not begin as a dump')
    const major = yield* feed.byte()
    const minor = yield* feed.byte()
    yield* feed.byte()
    if (major !== 1 || minor < 14 || minor > newestMinor) throw new RangeError(`version ${major}.${minor} is not known`)
    feed.integerBytes = yield* feed.byte()
    const offsetBytes = yield* feed.byte()
    const format = yield* feed.byte()
    if (format !== customFormat) throw new RangeError('it is not in the custom format')
    const compression = minor >= 15 ? yield* feed.byte() : yield* feed.integer()
    if (compression !== 0) throw new RangeError('it is compressed')
    // when it was made: second, minute, hour, day, month, year, daylight saving
    for (let i = 0; i < 7; i++) yield* feed.integer()
    const database = (yield* feed.text()) ?? ''
    const serverVersion = (yield* feed.text()) ?? ''
    const toolVersion = (yield* feed.text()) ?? ''
    this.#header = { format: [major, minor], database, serverVersion, toolVersion, offsetBytes }
  }

  *#readEntry(): Generator<undefined, TocEntry, undefined> {
    const feed = this.#feed
    const minor = this.#header?.format[1] ?? 0
    const dumpId = yield* feed.integer()
    const hasData = (yield* feed.integer()) !== 0
    yield* feed.text() // oid of the catalogue it is in
    yield* feed.text() // its own oid
    const tag = (yield* feed.text()) ?? ''
    const description = (yield* feed.text()) ?? ''
    yield* feed.integer() // section
    const definition = (yield* feed.text()) ?? ''
    yield* feed.text() // how it is dropped
    yield* feed.text() // COPY statement
    const namespace = (yield* feed.text()) ?? ''
    const tablespace = (yield* feed.text()) ?? ''
    yield* feed.text() // access method
    if (minor >= 16) yield* feed.integer() // kind of relation
    const owner = (yield* feed.text()) ?? ''
    yield* feed.text() // with OIDs: never
    const dependencies: number[] = []
    for (;;) {
      const dependency = yield* feed.text()
      if (dependency === undefined) break
      dependencies.push(Number(dependency))
    }
    const offsetAt = feed.position
    const offsetBytes = this.#header?.offsetBytes ?? 0
    yield* feed.skip(1 + offsetBytes)
    const kept = description === 'SEQUENCE SET' ? definition : ''
    return { dumpId, hasData, tag, description, definition: kept, namespace, tablespace, owner, dependencies, offsetAt }
  }

  *#readBlock(): Hunger {
    const feed = this.#feed
    const startsAt = feed.position
    const kind = yield* feed.byte()
    const dumpId = yield* feed.integer()
    if (!this.#awaited.delete(dumpId)) throw new RangeError(`data of nothing that was announced (${dumpId})`)
    this.#dataAt.set(dumpId, startsAt)
    if (kind === blocks.data) {
      const counter = new RowCounter()
      yield* feed.pieces((buffer, from, to) => counter.add(buffer, from, to))
      const rows = counter.rows()
      if (rows !== undefined) this.#rows.set(dumpId, rows)
    } else if (kind === blocks.largeObjects) {
      while ((yield* feed.integer()) !== 0) {
        this.#largeObjects++
        yield* feed.pieces(() => {})
      }
    } else throw new RangeError(`a block of kind ${kind}`)
  }

  #unreadable(reason: string): AppError {
    return new AppError('POSTGRES_DUMP_UNREADABLE', { what: this.#what, reason })
  }
}
