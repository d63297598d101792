import { linkSync } from 'node:fs'
import { mayOverwrite } from './examine-existing.ts'
import type { PendingFile } from './pending-file.ts'
import type { RestoreThread } from './restore-thread.ts'
import { clearPlace, statEntry } from './target-entry.ts'
import { systemPath } from './target-path.ts'

/** Gives a restored file another name. Failures are reported. */
export function restoreLink(thread: RestoreThread, file: PendingFile, source: string): void {
  try {
    makeLink(thread, file, source)
  } catch (error) {
    thread.fail(file.path, error)
  }
}

function makeLink(thread: RestoreThread, { node, path }: PendingFile, source: string): void {
  const found = statEntry(path)
  const original = found === undefined ? undefined : statEntry(source)
  if (found !== undefined && found.ino === original?.ino && found.dev === original.dev) {
    thread.counters.add('filesSkipped', 1)
    thread.tell('unchanged', path, node.size)
    return
  }
  if (found !== undefined && !mayOverwrite(thread.rules.overwrite, node, found)) {
    thread.counters.add('filesSkipped', 1)
    thread.tell('skipped', path, node.size)
    thread.leave(path)
    return
  }
  if (!thread.rules.dryRun) {
    if (found !== undefined) clearPlace(path, found)
    linkSync(systemPath(source), systemPath(path))
  }
  thread.counters.add('filesRestored', 1)
  thread.tell(found === undefined ? 'restored' : 'updated', path, node.size)
}
