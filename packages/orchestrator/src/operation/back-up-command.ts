import { openCommandSource } from '@holdfast/connectors/command/command-source'
import type { CommandWorkload } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import { save } from '@holdfast/repository/save/save'
import { wholeSource } from '../save-settings.ts'
import { type BackupRequest, type SourceBackup, sourceTags } from './backup-request.ts'
import { saveSettingsFor } from './save-settings-for.ts'

/**
 * Backs up what a command prints, as the file /command/<source>/<file name>. Fails with SOURCE_COMMAND_FAILED when the
 * command does, or prints less than it should.
 */
export async function backUpCommand(
  { command, fileName, minimumBytes }: CommandWorkload,
  request: BackupRequest,
  ctx: Context,
): Promise<SourceBackup> {
  const { source, repositories, host, machine } = request
  const choice = { timeoutMs: undefined, minimumBytes, diagnostics: 'note' } as const
  await using running = openCommandSource(command, choice, ctx)
  const saved = await save(
    repositories,
    {
      ...wholeSource,
      ...saveSettingsFor(machine, host),
      source: {
        type: 'stream',
        path: `/command/${source.name}/${fileName}`,
        bytes: running.bytes,
        finish: (sizeBytes) => running.finish(sizeBytes),
      },
      time: ctx.now(),
      tags: sourceTags(request),
      parent: { type: 'none' },
    },
    ctx,
  )
  return { saved, problems: [] }
}
