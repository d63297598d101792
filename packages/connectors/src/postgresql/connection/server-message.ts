import { MalformedMessage } from './message-reader.ts'

/** Reads the fields of a message's body; reading past its end throws MalformedMessage. */
export class FieldReader {
  readonly #body: Buffer
  #at = 0

  constructor(body: Buffer) {
    this.#body = body
  }

  get remaining(): number {
    return this.#body.length - this.#at
  }

  int16(): number {
    return this.#body.readInt16BE(this.#forward(2))
  }

  int32(): number {
    return this.#body.readInt32BE(this.#forward(4))
  }

  bytes(count: number): Buffer {
    if (count < 0) throw new MalformedMessage(`a field of ${count} bytes`)
    const at = this.#forward(count)
    return this.#body.subarray(at, at + count)
  }

  /** A text up to its zero byte. */
  text(): string {
    const end = this.#body.indexOf(0, this.#at)
    if (end === -1) throw new MalformedMessage('a text without end')
    const text = this.#body.toString('utf8', this.#at, end)
    this.#at = end + 1
    return text
  }

  #forward(count: number): number {
    const at = this.#at
    if (count > this.remaining) throw new MalformedMessage('a message shorter than its fields')
    this.#at += count
    return at
  }
}

/** RowDescription → column names. */
export function parseColumns(body: Buffer): string[] {
  const reader = new FieldReader(body)
  const columns: string[] = []
  for (let left = reader.int16(); left > 0; left -= 1) {
    columns.push(reader.text())
    // table, column number, type, its size and modifier, format
    reader.bytes(18)
  }
  return columns
}

/** DataRow → values as text, null for NULL. */
export function parseRow(body: Buffer): (string | null)[] {
  const reader = new FieldReader(body)
  const values: (string | null)[] = []
  for (let left = reader.int16(); left > 0; left -= 1) {
    const sizeBytes = reader.int32()
    values.push(sizeBytes === -1 ? null : reader.bytes(sizeBytes).toString('utf8'))
  }
  return values
}

/** What an ErrorResponse or NoticeResponse says. */
export interface ServerReport {
  /** not translated: ERROR, FATAL, PANIC, WARNING, NOTICE, DEBUG, INFO, LOG */
  readonly severity: string
  readonly sqlState: string
  /** in the server's language (lc_messages) */
  readonly message: string
  readonly detail?: string
  readonly hint?: string
  /** the function of the server's source that reports: the same in every language */
  readonly routine?: string
}

export function parseReport(body: Buffer): ServerReport {
  const reader = new FieldReader(body)
  const fields = new Map<string, string>()
  for (;;) {
    const code = reader.bytes(1).toString('latin1')
    if (code === '\0') break
    fields.set(code, reader.text())
  }
  const detail = fields.get('D')
  const hint = fields.get('H')
  const routine = fields.get('R')
  return {
    severity: fields.get('V') ?? fields.get('S') ?? 'ERROR',
    sqlState: fields.get('C') ?? 'XX000',
    message: fields.get('M') ?? 'no message',
    ...(detail === undefined ? {} : { detail }),
    ...(hint === undefined ? {} : { hint }),
    ...(routine === undefined ? {} : { routine }),
  }
}

/** CommandComplete → the tag. */
export function parseTag(body: Buffer): string {
  return new FieldReader(body).text()
}
