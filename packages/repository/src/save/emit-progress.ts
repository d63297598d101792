import type { Context } from '@holdfast/core/context'
import type { SaveSession } from './save-session.ts'
import type { ScanTotals } from './scan-source.ts'

/** Reports where a backup stands. Totals appear once they are complete. */
export function emitProgress(
  { counts, errors }: SaveSession,
  currentFiles: readonly string[],
  totals: ScanTotals | undefined,
  ctx: Context,
): void {
  ctx.emit({
    type: 'backup.progressed',
    filesDone: counts.files,
    bytesDone: counts.bytes,
    ...(totals?.complete === true ? { totalFiles: totals.files, totalBytes: totals.sizeBytes } : {}),
    errors: errors.length,
    currentFiles,
  })
}
