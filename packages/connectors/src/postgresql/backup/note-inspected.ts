import type { BackupRun } from './backup-run.ts'
import { blockOfMessage } from './page/page-message.ts'

/** Takes what inspectors in worker threads found; the relations' names are looked up when all files have been read. */
export function noteInspected({ tally }: BackupRun, path: string, messages: readonly string[]): void {
  for (const message of messages) {
    const block = blockOfMessage(message)
    if (block === undefined) tally.addFinding({ path, message })
    else tally.addBadPage({ path, block, message })
  }
}
