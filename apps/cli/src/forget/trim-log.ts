import { countOf } from '@holdfast/core/units/count-of'
import { formatSize } from '@holdfast/core/units/size'
import { trimWal } from '@holdfast/orchestrator/log/trim-wal'
import { trimBinlog } from '@holdfast/orchestrator/mysql/trim-binlog'
import type { Repository } from '@holdfast/repository/repository'
import type { Invocation } from '../command/command.ts'
import { saveSettingsOf } from '../session/save-settings-of.ts'
import { currentIdentity } from '../session/identity.ts'

const logs = {
  wal: { trim: trimWal, piece: 'WAL file', log: '', backup: 'base backup' },
  binlog: { trim: trimBinlog, piece: 'slice', log: ' of binary log', backup: 'backup' },
} as const

/** Drops the log that no backup of the source needs any more. The caller holds a lock. */
export async function trimLog(
  repository: Repository,
  source: string,
  kind: keyof typeof logs,
  invocation: Pick<Invocation, 'global' | 'output' | 'ctx'>,
): Promise<void> {
  const { output, ctx } = invocation
  const settings = saveSettingsOf(invocation, currentIdentity().hostname)
  const { trim, piece, log, backup } = logs[kind]
  const { files, bytes } = await trim(repository, source, { settings, lock: 'held', dryRun: false }, ctx)
  if (files === 0) return
  output.note(`dropped ${countOf(files, piece)}${log} of ${source} (${formatSize(bytes)}) that no ${backup} needs`)
}
