import { countOf } from '@holdfast/core/units/count-of'
import { formatSize } from '@holdfast/core/units/size'
import { trimBinlog } from '@holdfast/orchestrator/mysql/trim-binlog'
import type { Repository } from '@holdfast/repository/repository'
import type { Invocation } from '../command/command.ts'
import { saveSettingsOf } from '../postgresql/save-settings-of.ts'
import { currentIdentity } from '../session/identity.ts'

/** Drops the binary log that no backup of the source needs any more. The caller holds a lock. */
export async function trimMysqlLog(
  repository: Repository,
  source: string,
  invocation: Pick<Invocation, 'global' | 'output' | 'ctx'>,
): Promise<void> {
  const { output, ctx } = invocation
  const settings = saveSettingsOf(invocation, currentIdentity().hostname)
  const { files, bytes } = await trimBinlog(repository, source, { settings, lock: 'held', dryRun: false }, ctx)
  if (files > 0) {
    output.note(
      `dropped ${countOf(files, 'slice')} of binary log of ${source} (${formatSize(bytes)}) that no backup needs`,
    )
  }
}
