/** For tests: an inspector of files that consist of records, as databases have them. */
import { readSync } from 'node:fs'
import { threadId } from 'node:worker_threads'
import type { Inspector } from '@holdfast/core/entry'

export interface RecordInspectorOptions {
  readonly recordBytes: number
}

/** Of every record that begins in the part it is shown, it looks at the last byte: 1 is bad. */
export function createInspector(options: unknown): Inspector {
  // Boundary: plain data from the test.
  const { recordBytes } = options as RecordInspectorOptions
  const last = Buffer.alloc(1)
  return {
    inspect(bytes, offset, file) {
      const messages: string[] = []
      const first = Math.ceil(offset / recordBytes)
      for (let record = first; record * recordBytes < offset + bytes.length; record++) {
        const at = (record + 1) * recordBytes - 1
        last[0] = bytes[at - offset] ?? 0
        if (at >= offset + bytes.length) readSync(file.descriptor, last, 0, 1, at)
        if (last[0] === 1) messages.push(`record ${record} is bad (thread ${threadId})`)
      }
      return messages
    },
  }
}
