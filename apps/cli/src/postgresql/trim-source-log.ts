import { formatSize } from '@holdfast/core/units/size'
import { trimWal } from '@holdfast/orchestrator/log/trim-wal'
import type { Repository } from '@holdfast/repository/repository'
import type { Invocation } from '../command/command.ts'
import { countOf } from '@holdfast/core/units/count-of'
import { currentIdentity } from '../session/identity.ts'
import { saveSettingsOf } from './save-settings-of.ts'

/** Drops the WAL that no base backup of the source needs any more. The caller holds a lock. */
export async function trimSourceLog(
  repository: Repository,
  source: string,
  invocation: Pick<Invocation, 'global' | 'output' | 'ctx'>,
): Promise<void> {
  const { output, ctx } = invocation
  const settings = saveSettingsOf(invocation, currentIdentity().hostname)
  const { files, bytes } = await trimWal(repository, source, { settings, lock: 'held', dryRun: false }, ctx)
  if (files > 0)
    output.note(`dropped ${countOf(files, 'WAL file')} of ${source} (${formatSize(bytes)}) that no base backup needs`)
}
