/** One object of a dump, as the table of contents of pg_dump's custom format lists it. */
export interface TocEntry {
  readonly dumpId: number
  /** whether a block of data belongs to it */
  readonly hasData: boolean
  /** the object's name, with what it belongs to for some kinds: "orders orders_pkey" for a constraint */
  readonly tag: string
  /** "TABLE", "TABLE DATA", "SEQUENCE SET", "INDEX" … */
  readonly description: string
  /** the SQL that makes it; kept for short ones only (sequence values) */
  readonly definition: string
  /** schema; "" for objects without */
  readonly namespace: string
  /** "" for the database's own */
  readonly tablespace: string
  readonly owner: string
  readonly dependencies: readonly number[]
  /** where in the file the place of its data is noted: a state byte, then `offsetBytes` */
  readonly offsetAt: number
}

export interface ArchiveFacts {
  /** of the format: [1, 14] */
  readonly format: readonly [major: number, minor: number]
  readonly database: string
  readonly serverVersion: string
  readonly toolVersion: string
  readonly offsetBytes: number
  readonly entries: readonly TocEntry[]
  /** rows of each table, by the dumpId of its data; absent where the end of the data is not known */
  readonly rows: ReadonlyMap<number, number>
  /** where each block of data begins in the file, by dumpId */
  readonly dataAt: ReadonlyMap<number, number>
  readonly largeObjects: number
  readonly sizeBytes: number
}
