/** For tests: an inspector of files that consist of records, as databases have them. */
import { readdirSync, readSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { threadId } from 'node:worker_threads'
import type { Inspector } from '@holdfast/core/entry'

export interface RecordInspectorOptions {
  readonly recordBytes: number
  /** An empty directory: no thread goes on from its first part before another one has come to its own. */
  readonly meetingPlace?: string
}

const patienceMs = 60_000

/** Of every record that begins in the part it is shown, it looks at the last byte: 1 is bad. */
export function createInspector(options: unknown): Inspector {
  // Boundary: plain data from the test.
  const { recordBytes, meetingPlace } = options as RecordInspectorOptions
  let hasMet = meetingPlace === undefined
  const last = Buffer.alloc(1)
  return {
    inspect(bytes, offset, file) {
      if (!hasMet && meetingPlace !== undefined) meet(meetingPlace)
      hasMet = true
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

/** The thread stands still meanwhile, as one does that reads from a slow disk. */
function meet(place: string): void {
  writeFileSync(join(place, String(threadId)), '')
  const turn = new Int32Array(new SharedArrayBuffer(4))
  const endMs = performance.now() + patienceMs
  while (readdirSync(place).length < 2 && performance.now() < endMs) Atomics.wait(turn, 0, 0, 5)
}
