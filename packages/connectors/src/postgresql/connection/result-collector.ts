import type { ResultSet } from './connection.ts'
import type { ServerMessage } from './message-reader.ts'
import { parseColumns, parseRow, parseTag } from './server-message.ts'

/** Puts result sets together from the messages that make them up. */
export class ResultCollector {
  #columns: readonly string[] = []
  #rows: (readonly (string | null)[])[] = []

  /** A result set when this message completes one; "part" when it belongs to one; "other" when it does not. */
  take(message: ServerMessage): ResultSet | 'part' | 'other' {
    switch (message.type) {
      case 'T':
        this.#columns = parseColumns(message.body)
        return 'part'
      case 'D':
        this.#rows.push(parseRow(message.body))
        return 'part'
      case 'C':
        return this.#complete(parseTag(message.body))
      case 'I':
        return this.#complete('')
      default:
        return 'other'
    }
  }

  #complete(command: string): ResultSet {
    const result = { columns: this.#columns, rows: this.#rows, command }
    this.#columns = []
    this.#rows = []
    return result
  }
}
