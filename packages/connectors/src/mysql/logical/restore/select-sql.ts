const newline = 0x0a
const tellingBytes = 600

export interface SqlSelection {
  /** exact names; empty: all, with events and routines */
  readonly tables: readonly string[]
  /** Triggers that were made with the name of this database in theirs are made without it: they go into another one. */
  readonly withoutName?: string
}

/**
 * The statements of one database's dump that are wanted, without those that make and choose the database, so that they run in
 * whichever is chosen already. Of a table: its structure, rows and triggers. Bodies of triggers and routines are never
 * looked into.
 */
export async function* selectSql(
  chunks: AsyncIterable<Uint8Array>,
  { tables, withoutName }: SqlSelection,
): AsyncGenerator<Uint8Array, void, undefined> {
  const state = new LineState(tables)
  let rest: Buffer = Buffer.alloc(0)
  let isLineStart = true
  for await (const chunk of chunks) {
    const bytes = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk])
    let from = 0
    let at = 0
    const pieces: Uint8Array[] = []
    while (at < bytes.length) {
      const found = bytes.indexOf(newline, at)
      const to = found < 0 ? bytes.length : found + 1
      if (isLineStart) {
        if (found < 0 && to - at < tellingBytes) break
        const before = state.isWanted
        state.look(bytes, at, to)
        if (before !== state.isWanted) {
          if (before && at > from) pieces.push(bytes.subarray(from, at))
          from = at
        }
        const begun = withoutName === undefined || !state.isWanted ? undefined : bareTrigger(bytes, at, to, withoutName)
        if (begun !== undefined) {
          if (at > from) pieces.push(bytes.subarray(from, at))
          pieces.push(begun.replacement)
          from = begun.from
        }
      }
      isLineStart = found >= 0
      at = to
    }
    if (state.isWanted && at > from) pieces.push(bytes.subarray(from, at))
    rest = Buffer.from(bytes.subarray(at))
    yield* pieces
  }
  if (rest.length > 0) {
    if (isLineStart) state.look(rest, 0, rest.length)
    if (state.isWanted) yield rest
  }
}

/** The beginning of a trigger's statement without the database's name before those of trigger and table. */
function bareTrigger(
  bytes: Buffer,
  from: number,
  to: number,
  database: string,
): { readonly replacement: Buffer; readonly from: number } | undefined {
  if (bytes.toString('latin1', from, Math.min(to, from + triggerBeginning.length)) !== triggerBeginning)
    return undefined
  const end = Math.min(to, from + longestName)
  const line = bytes.toString('latin1', from, end)
  const raw = Buffer.from(database).toString('latin1')
  const name = String.raw`(?:\x60${escaped(raw.replaceAll('`', '``'))}\x60|${escaped(raw)})\s*\.\s*`
  const identifier = String.raw`(?:\x60(?:[^\x60]|\x60\x60)+\x60|[^\s\x60]+)`
  const bare = line
    .replace(new RegExp(String.raw`(\sTRIGGER\s+(?:IF\s+NOT\s+EXISTS\s+)?)${name}`, 'i'), '$1')
    .replace(
      new RegExp(
        String.raw`(\sTRIGGER\s+(?:IF\s+NOT\s+EXISTS\s+)?${identifier}\s+(?:BEFORE|AFTER)\s+\w+\s+ON\s+)${name}`,
        'i',
      ),
      '$1',
    )
  return bare === line ? undefined : { replacement: Buffer.from(bare, 'latin1'), from: end }
}

const triggerBeginning = '/*!50003 CREATE*/'
const longestName = 2000

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)
}

class LineState {
  readonly #tables: ReadonlySet<string>
  #isBody = false
  #isSectionWanted = true
  #isLineWanted = true

  constructor(tables: readonly string[]) {
    this.#tables = new Set(tables)
  }

  get isWanted(): boolean {
    return this.#isSectionWanted && this.#isLineWanted
  }

  look(bytes: Buffer, from: number, to: number): void {
    const first = bytes[from]
    this.#isLineWanted = true
    // a row
    if (first === 0x28) return
    const line = bytes.toString('utf8', from, Math.min(to, from + tellingBytes))
    if (line.startsWith('DELIMITER ')) this.#isBody = !line.startsWith('DELIMITER ;\n')
    if (this.#isBody) return
    if (line.startsWith('CREATE DATABASE ') || line.startsWith('USE `')) this.#isLineWanted = false
    if (this.#tables.size === 0) return
    const [, name] =
      /^-- (?:Table structure for table|Dumping data for table|Sequence structure for|Temporary table structure for view) (`(?:[^`]|``)+`)/.exec(
        line,
      ) ?? []
    if (name !== undefined) this.#isSectionWanted = this.#tables.has(name.slice(1, -1).replaceAll('``', '`'))
    else if (/^-- (?:Dumping (?:events|routines) for database|Final view structure)/.test(line))
      this.#isSectionWanted = false
  }
}
