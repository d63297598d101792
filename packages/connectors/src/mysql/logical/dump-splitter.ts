import { RowCounter } from './row-counter.ts'

/** What a piece of a dump belongs to. */
export type DumpPart =
  | { readonly type: 'head' }
  | { readonly type: 'database'; readonly database: string }
  /** events and routines, where they are told apart from what comes before them */
  | { readonly type: 'end'; readonly database: string }
  | { readonly type: 'views'; readonly database: string }
  | { readonly type: 'tail' }

/** What the program was asked for. */
export interface DumpShape {
  /** `databases`: whole ones, in this order, by --databases. `tables`: some of the only one, by their names. */
  readonly of: 'databases' | 'tables'
  readonly databases: readonly string[]
  /** tell events and routines of a database apart from its tables */
  readonly endsApart?: boolean
}

export interface DumpPiece {
  readonly part: DumpPart
  readonly bytes: Uint8Array
}

const [newline, openParenthesis] = [0x0a, 0x28]
/** so much of a line tells what it is; only lists of columns are longer */
const tellingBytes = 600
const longestBeginning = 64 << 10
const tailBeginnings = [
  '-- The deferred gtid setting',
  // MySQL switches the log off where it uses GTIDs, and on again
  'SET @@SESSION.SQL_LOG_BIN = @MYSQLDUMP_TEMP_LOG_BIN',
  '/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE',
]
const insertBeginning = /^INSERT\s+(?:IGNORE )?INTO (`(?:[^`]|``)+`)( \((?:(?:, )?`(?:[^`]|``)+`)+\))? VALUES/

const endBeginnings = ['-- Dumping events for database ', '-- Dumping routines for database ']
const tableBeginnings = ['-- Table structure for table ', '-- Dumping data for table ']

/**
 * Divides the output of mysqldump or mariadb-dump into what comes before the first database, each database, the views of
 * each (which come after all tables), and what comes last. Counts the rows on the way. A line
 * of a trigger or routine that looks like a comment of the dump is none, since those stand between DELIMITER commands.
 */
export class DumpSplitter {
  readonly #shape: DumpShape
  /** "database.table" as JSON → rows */
  readonly rows = new Map<string, number>()
  #rest: Buffer = Buffer.alloc(0)
  #isLineStart = true
  #isBody = false
  #seen = 0
  #part: DumpPart = { type: 'head' }
  /** of a line, which hold names and not rows */
  #skipBytes = 0
  /** MySQL writes rows behind INSERT, many on a line */
  #isScanned = false
  #insert: { readonly key: string; readonly counter: RowCounter } | undefined

  constructor(shape: DumpShape) {
    this.#shape = shape
  }

  /** Pieces in order, parts of the chunk itself where they can be; neighbouring ones of the same part follow each other. */
  push(chunk: Uint8Array): DumpPiece[] {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    if (this.#rest.length === 0) return this.#divide(bytes, false)
    const restOfLine = bytes.subarray(0, bytes.indexOf(newline) + 1 || bytes.length)
    const pieces = this.#divide(Buffer.concat([this.#rest, restOfLine]), false)
    return restOfLine.length === bytes.length
      ? pieces
      : [...pieces, ...this.#divide(bytes.subarray(restOfLine.length), false)]
  }

  end(): DumpPiece[] {
    return this.#divide(this.#rest, true)
  }

  /** How many databases came; the views come in a second round. */
  get isComplete(): boolean {
    return this.#seen >= this.#shape.databases.length && this.#part.type === 'tail'
  }

  #divide(bytes: Buffer, isEnd: boolean): DumpPiece[] {
    const pieces: DumpPiece[] = []
    let from = 0
    let at = 0
    const cut = (): void => {
      if (at > from) pieces.push({ part: this.#part, bytes: bytes.subarray(from, at) })
      from = at
    }
    while (at < bytes.length) {
      const found = bytes.indexOf(newline, at)
      const to = found < 0 ? bytes.length : found + 1
      if (this.#isLineStart) {
        if (found < 0 && !isEnd && to - at < longestBeginning) break
        const next = this.#nextPart(bytes, at, to)
        if (next !== undefined) {
          cut()
          this.#part = next
        }
      }
      if (this.#isScanned) this.#insert?.counter.push(bytes, at + this.#skipBytes, to)
      this.#skipBytes = 0
      this.#isLineStart = found >= 0
      at = to
    }
    cut()
    this.#rest = Buffer.from(bytes.subarray(at))
    return pieces
  }

  /** Looks at a line; returns what begins with it. */
  #nextPart(bytes: Buffer, from: number, to: number): DumpPart | undefined {
    const first = bytes[from]
    // rows of a table, by far the most
    if (this.#insert !== undefined && first === openParenthesis) {
      // MariaDB writes each on a line of its own, and no line break in it
      this.#insert.counter.rows++
      this.#isScanned = false
      return undefined
    }
    this.#closeInsert()
    const line = bytes.toString('utf8', from, Math.min(to, from + tellingBytes))
    if (line.startsWith('DELIMITER ')) this.#isBody = !line.startsWith('DELIMITER ;\n')
    if (this.#isBody) return undefined
    if (line.startsWith('INSERT '))
      this.#openInsert(bytes.toString('utf8', from, Math.min(to, from + longestBeginning)))
    else if (this.#part.type !== 'tail') return this.#partOf(line)
    return undefined
  }

  #partOf(line: string): DumpPart | undefined {
    const { of, endsApart = false } = this.#shape
    const begins = (beginnings: readonly string[]): boolean => beginnings.some((one) => line.startsWith(one))
    if (begins(tailBeginnings)) return { type: 'tail' }
    if (of === 'databases' && line.startsWith('-- Current Database: ')) return this.#nextDatabase()
    if (of === 'tables' && this.#part.type === 'head' && begins(tableBeginnings)) return this.#nextDatabase()
    if (endsApart && this.#part.type === 'database' && begins(endBeginnings)) return { ...this.#part, type: 'end' }
    return undefined
  }

  #nextDatabase(): DumpPart {
    const position = this.#seen++
    const { databases } = this.#shape
    const { length } = databases
    const database = databases[position % length]
    if (database === undefined || position >= 2 * length)
      throw new Error('the dump holds more databases than were asked for')
    return { type: position < length ? 'database' : 'views', database }
  }

  #openInsert(line: string): void {
    const [beginning = '', name] = insertBeginning.exec(line) ?? []
    if (name === undefined || this.#part.type !== 'database') return
    const table = name.slice(1, -1).replaceAll('``', '`')
    this.#skipBytes = Buffer.byteLength(beginning)
    this.#isScanned = true
    this.#insert = { key: rowsKey(this.#part.database, table), counter: new RowCounter() }
  }

  #closeInsert(): void {
    if (this.#insert === undefined) return
    const { key, counter } = this.#insert
    this.rows.set(key, (this.rows.get(key) ?? 0) + counter.rows)
    this.#insert = undefined
  }
}

export function rowsKey(database: string, table: string): string {
  return JSON.stringify([database, table])
}
