import type { ResultSet, StreamItem } from '../../connection/connection.ts'
import { type Lsn, parseLsn } from '../../wal/lsn.ts'

export interface BaseBackupStart {
  readonly startLsn: Lsn
  readonly timeline: number
  /** without the data directory itself */
  readonly tablespaces: readonly { readonly oid: number; readonly path: string; readonly sizeBytes: number }[]
  /** of everything, an estimate */
  readonly totalBytes: number
}

export interface BaseBackupEnd {
  readonly stopLsn: Lsn
  readonly timeline: number
}

export type BaseBackupPart =
  /** `tablespaceOid` is undefined for the data directory */
  { readonly type: 'archive'; readonly tablespaceOid: number | undefined } | { readonly type: 'manifest' }

type Frame =
  | { readonly type: 'part'; readonly part: BaseBackupPart }
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  | { readonly type: 'end'; readonly result: ResultSet }

const letter = { newArchive: 0x6e, manifest: 0x6d, data: 0x64, progress: 0x70 } as const

/**
 * What BASE_BACKUP sends, in order: `start`, then for each part `nextPart` and `nextBytes` until undefined, then, when
 * `nextPart` is undefined, `end`. Source: PostgreSQL documentation, "Streaming Replication Protocol". From 15 on one copy
 * carries everything, each message with a letter before it; before, each archive and the manifest are copies of their own.
 */
export class BaseBackupStream {
  readonly #items: AsyncGenerator<StreamItem, void, undefined>
  readonly #broken: (reason: string) => Error
  readonly #oneCopy: boolean
  #frames: AsyncGenerator<Frame, void, undefined> | undefined
  #ahead: Frame | undefined
  #end: ResultSet | undefined

  constructor(
    items: AsyncGenerator<StreamItem, void, undefined>,
    versionNumber: number,
    broken: (reason: string) => Error,
  ) {
    this.#items = items
    this.#broken = broken
    this.#oneCopy = versionNumber >= 150_000
  }

  async start(): Promise<BaseBackupStart> {
    const [row] = (await this.#result('its start')).rows
    const position = this.#position(row)
    const rows = (await this.#result('its tablespaces')).rows
    const tablespaces = rows.flatMap(([oid, path, kib]) =>
      oid === null || oid === undefined || path === null || path === undefined
        ? []
        : [{ oid: Number(oid), path, sizeBytes: Number(kib ?? 0) * 1024 }],
    )
    if (tablespaces.length !== rows.length - 1 || rows.at(-1)?.[0] !== null)
      throw this.#broken('the server did not name the data directory last')
    this.#frames = this.#oneCopy ? this.#readOneCopy() : this.#readCopies(tablespaces.map(({ oid }) => oid))
    const totalBytes = rows.reduce((sum, [, , kib]) => sum + Number(kib ?? 0) * 1024, 0)
    return { startLsn: position.lsn, timeline: position.timeline, tablespaces, totalBytes }
  }

  async nextPart(): Promise<BaseBackupPart | undefined> {
    const frame = this.#ahead ?? (await this.#frame())
    this.#ahead = undefined
    if (frame.type === 'bytes') throw new Error('a part of the base backup was left before its end')
    if (frame.type === 'part') return frame.part
    this.#end = frame.result
    return undefined
  }

  /** the current part's next bytes; undefined after its last */
  async nextBytes(): Promise<Uint8Array | undefined> {
    if (this.#ahead !== undefined) return undefined
    const frame = await this.#frame()
    if (frame.type === 'bytes') return frame.bytes
    this.#ahead = frame
    return undefined
  }

  /** Reads on to where the statement has ended without an error: only then the backup is one. */
  async end(): Promise<BaseBackupEnd> {
    if (this.#end === undefined) throw new Error('the base backup has not been read to its end')
    const position = this.#position(this.#end.rows[0])
    for (;;) {
      const { done, value } = await this.#items.next()
      if (done === true) return { stopLsn: position.lsn, timeline: position.timeline }
      if (value.type !== 'result') throw this.#broken('more came after the end')
    }
  }

  /** Gives the session up, if the statement has not ended. */
  async close(): Promise<void> {
    await this.#frames?.return()
    await this.#items.return()
  }

  async *#readOneCopy(): AsyncGenerator<Frame, void, undefined> {
    const started = await this.#item()
    if (started.type !== 'copy-started') throw this.#broken('no data follows its start')
    for (;;) {
      const item = await this.#item()
      if (item.type === 'copy-ended') break
      if (item.type !== 'copy-data') throw this.#broken('a result came in the middle of the data')
      const { bytes } = item
      if (bytes[0] === letter.data) yield { type: 'bytes', bytes: bytes.subarray(1) }
      else if (bytes[0] === letter.manifest) yield { type: 'part', part: { type: 'manifest' } }
      else if (bytes[0] === letter.newArchive) yield { type: 'part', part: this.#archive(bytes) }
      else if (bytes[0] !== letter.progress) throw this.#broken(`the unknown message ${bytes[0]} came`)
    }
    yield { type: 'end', result: await this.#result('its end') }
  }

  #archive(bytes: Uint8Array): BaseBackupPart {
    const name = Buffer.from(bytes.subarray(1, Math.max(bytes.indexOf(0, 1), 1))).toString('latin1')
    const oid = /^(\d+)\.tar$/.exec(name)?.[1]
    if (oid === undefined && name !== 'base.tar') throw this.#broken(`an archive is named ${JSON.stringify(name)}`)
    return { type: 'archive', tablespaceOid: oid === undefined ? undefined : Number(oid) }
  }

  async *#readCopies(oids: readonly number[]): AsyncGenerator<Frame, void, undefined> {
    for (let copy = 0; ; copy++) {
      const item = await this.#item()
      if (item.type === 'result') {
        if (copy <= oids.length) throw this.#broken('not every archive came')
        return yield { type: 'end', result: item.result }
      }
      if (item.type !== 'copy-started') throw this.#broken('data came outside of an archive')
      yield {
        type: 'part',
        part: copy > oids.length ? { type: 'manifest' } : { type: 'archive', tablespaceOid: oids[copy] },
      }
      for (;;) {
        const data = await this.#item()
        if (data.type === 'copy-ended') break
        if (data.type !== 'copy-data') throw this.#broken('a result came in the middle of the data')
        yield { type: 'bytes', bytes: data.bytes }
      }
    }
  }

  async #frame(): Promise<Frame> {
    if (this.#frames === undefined) throw new Error('the base backup has not been started')
    const { done, value } = await this.#frames.next()
    if (done === true) throw new Error('the base backup has been read to its end')
    return value
  }

  async #item(): Promise<StreamItem> {
    const { done, value } = await this.#items.next()
    if (done === true) throw this.#broken('the server ended it too early')
    return value
  }

  async #result(what: string): Promise<ResultSet> {
    const item = await this.#item()
    if (item.type !== 'result') throw this.#broken(`the server did not say ${what}`)
    return item.result
  }

  #position(row: readonly (string | null)[] | undefined): { lsn: Lsn; timeline: number } {
    const lsn = parseLsn(row?.[0] ?? '')
    const timeline = Number(row?.[1])
    if (lsn === undefined || !(timeline > 0)) throw this.#broken('the server gave a position that is none')
    return { lsn, timeline }
  }
}
