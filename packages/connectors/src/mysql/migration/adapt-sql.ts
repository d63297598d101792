const newline = 0x0a
const longestStatementLine = 1 << 20

export interface SqlAdaptation {
  /** old name → what takes its place */
  readonly collations: ReadonlyMap<string, string>
  /** sql_mode names that the new server does not know */
  readonly withoutModes: ReadonlySet<string>
}

/** Modes that one family alone knows and that change nothing of what is stored in rows. */
export const foreignModes = {
  mariadb: new Set(['NO_AUTO_CREATE_USER', 'NO_FIELD_OPTIONS', 'NO_KEY_OPTIONS', 'NO_TABLE_OPTIONS']),
  mysql: new Set(['TIME_TRUNCATE_FRACTIONAL']),
} as const

/**
 * A dump with other collations, and without modes that the other family does not know. Rows are passed on untouched, as are
 * texts in quotes: both dump programs begin a line of rows with INSERT or a bracket.
 */
export async function* adaptSql(
  chunks: AsyncIterable<Uint8Array>,
  adaptation: SqlAdaptation,
): AsyncGenerator<Uint8Array, void, undefined> {
  let rest: Buffer = Buffer.alloc(0)
  let isLineStart = true
  for await (const chunk of chunks) {
    const bytes = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk])
    const pieces: Uint8Array[] = []
    let from = 0
    let at = 0
    while (at < bytes.length) {
      const found = bytes.indexOf(newline, at)
      const to = found < 0 ? bytes.length : found + 1
      if (isLineStart && !isRow(bytes, at)) {
        if (found < 0 && to - at < longestStatementLine) break
        const line = bytes.toString('latin1', at, to)
        const adapted = adaptLine(line, adaptation)
        if (adapted !== line) {
          pieces.push(bytes.subarray(from, at), Buffer.from(adapted, 'latin1'))
          from = to
        }
      }
      isLineStart = found >= 0
      at = to
    }
    if (at > from) pieces.push(bytes.subarray(from, at))
    rest = Buffer.from(bytes.subarray(at))
    yield* pieces.filter(({ length }) => length > 0)
  }
  if (rest.length > 0) yield Buffer.from(adaptLine(rest.toString('latin1'), adaptation), 'latin1')
}

function isRow(bytes: Buffer, at: number): boolean {
  return bytes[at] === 0x28 || bytes.toString('latin1', at, at + 7) === 'INSERT '
}

/** A text or a name in quotes, or where a collation is named. */
const named = /'(?:[^'\\]|\\.|'')*'|`(?:[^`]|``)*`|(\bCOLLATE[ =]|\bcollation_(?:connection|database)\s*=\s*)(\w+)/gi
const mode = /^(\/\*!\d+ SET sql_mode\s*= ')([A-Z_,]*)'/

function adaptLine(line: string, { collations, withoutModes }: SqlAdaptation): string {
  const plain = line.replace(mode, (_all, begun: string, modes: string) => {
    const left = modes.split(',').filter((one) => !withoutModes.has(one))
    return `${begun}${left.join(',')}'`
  })
  return plain.replace(named, (all, before: string | undefined, name: string | undefined) => {
    const other = name === undefined ? undefined : collations.get(name)
    return before === undefined || other === undefined ? all : `${before}${other}`
  })
}
