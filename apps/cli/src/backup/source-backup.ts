import type { BackupSettings } from '@holdfast/orchestrator/backup/save-source-backup'
import type { SaveReport } from '@holdfast/repository/save/save-request'
import type { Invocation } from '../command/command.ts'
import type { Output } from '../output/output.ts'
import { saveSettingsOf } from '../session/save-settings-of.ts'
import type { backupOptions } from './backup-option.ts'
import { backupSummaries, renderBackupReport } from './backup-report.ts'

/** How the snapshot of a server on `host` is written. */
export function backupSettingsOf(
  { options, global, output }: Pick<Invocation<typeof backupOptions>, 'options' | 'global' | 'output'>,
  host: string,
): BackupSettings {
  return {
    ...saveSettingsOf({ global, output }, host),
    tags: options.tag.flat().filter((tag) => tag !== ''),
    ...(options.readConcurrency === undefined ? {} : { workers: options.readConcurrency }),
  }
}

/**
 * Shows what was saved of a server. `manifest`: its manifest under the name of its type, for programs; `description`: the
 * same for people. The exit code is 3 when a repository did not get it.
 */
export function showSourceBackup(
  saved: SaveReport,
  { manifest, description }: { readonly manifest: Readonly<Record<string, unknown>>; readonly description: string },
  output: Output,
): 0 | 3 {
  for (const summary of backupSummaries(saved, { dryRun: false })) output.message({ ...summary, ...manifest })
  output.note(`${description}\n${renderBackupReport(saved, { dryRun: false })}`)
  return saved.repositories.some(({ failure }) => failure !== undefined) ? 3 : 0
}
