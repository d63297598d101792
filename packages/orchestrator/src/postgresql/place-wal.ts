import { chmod, chown, readdir, rename, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import type { RecoveryPlan } from '@holdfast/connectors/postgresql/wal/recovery-plan'
import type { Context } from '@holdfast/core/context'
import { restoreLogFiles } from '@holdfast/repository/log/restore-log'
import type { RecoveryMaterial } from './read-recovery-material.ts'

const partial = '.partial'

/** The same owner as the data directory's, who must be able to read them. */
export interface FileOwner {
  readonly uid: number
  readonly gid: number
}

/**
 * Brings the WAL that a plan needs into a directory, as restore_command finds it: every segment whole under its own name.
 * What a segment lacks, because it still grew or its timeline ended there, is filled with zeros: the server takes them
 * for the end of WAL.
 */
export async function placeWal(
  { opened: { repository }, log, segmentFiles, historyFiles }: RecoveryMaterial,
  plan: Pick<RecoveryPlan, 'segments' | 'histories'>,
  directory: string,
  { workers, owner }: { readonly workers: number; readonly owner: FileOwner | undefined },
  ctx: Context,
): Promise<void> {
  const files = plan.segments.map((facts) => {
    const file = segmentFiles.get(facts)
    if (file === undefined) throw new Error(`the plan names ${facts.name}, which the log does not list`)
    return { file, facts }
  })
  const histories = plan.histories.flatMap((timeline) => historyFiles.get(timeline) ?? [])
  await restoreLogFiles(repository, log, [...files.map(({ file }) => file), ...histories], { directory, workers }, ctx)
  for (const { file, facts } of files) {
    const name = file.name.endsWith(partial) ? file.name.slice(0, -partial.length) : file.name
    if (name !== file.name) await rename(join(directory, file.name), join(directory, name))
    if (file.sizeBytes < facts.segmentBytes) await truncate(join(directory, name), facts.segmentBytes)
  }
  if (owner === undefined) return
  for (const name of await readdir(directory)) {
    await chmod(join(directory, name), 0o600)
    await chown(join(directory, name), owner.uid, owner.gid)
  }
}
