import { binlogIndex } from './binlog-position.ts'
import type { ServerBinlog } from './server-binlogs.ts'
import type { SliceFacts } from './slice-facts.ts'

/** Where following goes on, and what is wrong with that. */
export interface StartDecision {
  readonly file: string
  /** 0: the beginning of the file */
  readonly startPosition: number
  readonly generation: number
  /** it goes on exactly where the log ends */
  readonly continues: boolean
  readonly problem?: 'purged' | 'began-anew' | 'server-behind'
}

/**
 * Decides from where the log ends and what the server still has. `createdAt` tells when the server began a file of its own;
 * undefined when it does not have it.
 */
export async function decideStart(
  last:
    | (Pick<SliceFacts, 'file' | 'endPosition' | 'endsFile' | 'generation' | 'fileCreatedAt'> &
        Partial<Pick<SliceFacts, 'serverId'>>)
    | undefined,
  { logs, wanted }: { readonly logs: readonly ServerBinlog[]; readonly wanted?: string },
  createdAt: (file: string) => Promise<number | undefined>,
  serverId?: number,
): Promise<StartDecision> {
  const [oldest] = logs
  const newest = logs.at(-1)
  if (oldest === undefined || newest === undefined) throw new Error('a server with a binary log has a file of it')
  const fresh = (file: string, generation: number): StartDecision => {
    return { file, startPosition: 0, generation, continues: false }
  }
  if (last === undefined) return fresh(logs.find(({ file }) => file === wanted)?.file ?? newest.file, 1)
  // another server's files may have the same names
  if (serverId !== undefined && last.serverId !== undefined && serverId !== last.serverId) {
    return { ...fresh(oldest.file, last.generation + 1), problem: 'began-anew' }
  }
  const own = logs.findIndex(({ file }) => file === last.file)
  const [ownIndex, oldestIndex] = [binlogIndex(last.file) ?? 0, binlogIndex(oldest.file) ?? 0]
  if (own < 0) {
    // the next file is enough when this one was stored to its end
    if (last.endsFile && oldestIndex === ownIndex + 1 && sameBase(last.file, oldest.file)) {
      return { ...fresh(oldest.file, last.generation), continues: true }
    }
    if (oldestIndex > ownIndex && sameBase(last.file, oldest.file))
      return { ...fresh(oldest.file, last.generation), problem: 'purged' }
    return { ...fresh(oldest.file, last.generation + 1), problem: 'began-anew' }
  }
  if ((await createdAt(last.file)) !== last.fileCreatedAt) {
    return { ...fresh(oldest.file, last.generation + 1), problem: 'began-anew' }
  }
  const next = logs[own + 1]
  if (last.endsFile && next !== undefined) return { ...fresh(next.file, last.generation), continues: true }
  if (last.endPosition > (logs[own]?.sizeBytes ?? 0)) {
    // what a crash took from the server's file is stored here: from there on it is another history
    return { ...fresh((next ?? newest).file, last.generation + 1), problem: 'server-behind' }
  }
  return { file: last.file, startPosition: last.endPosition, generation: last.generation, continues: true }
}

function sameBase(first: string, second: string): boolean {
  return first.replace(/\.\d+$/, '') === second.replace(/\.\d+$/, '')
}
