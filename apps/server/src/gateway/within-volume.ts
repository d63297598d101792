import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { formatSize } from '@holdfast/core/units/size'
import { countVolume } from '@holdfast/orchestrator/agent/agent-volume'
import type { MarkStore } from '@holdfast/orchestrator/catalogue/catalogue'
import type { Upload } from './store-upload.ts'

/**
 * Stores a file if the agent may store so much today, and counts it. Counted is before, so that many at once do not pass
 * together, and taken back when nothing came of it. Fails with GATEWAY_LIMIT_REACHED.
 */
export async function withinVolume(
  marks: MarkStore,
  { file, sizeBytes, grant }: Pick<Upload, 'file' | 'sizeBytes' | 'grant'>,
  store: () => Promise<void>,
  ctx: Context,
): Promise<void> {
  // small, few and gone again: without one an agent could not even end in order
  if (file.type === 'lock') return await store()
  const { agent, storesPerDayBytes: limitBytes } = grant
  // taken back from the day to which it was added, whatever day it is by then
  const at = ctx.now()
  if (!(await countVolume(marks, agent, { bytes: sizeBytes, limitBytes }, at))) {
    throw new AppError('GATEWAY_LIMIT_REACHED', { agent, limit: formatSize(limitBytes ?? 0) })
  }
  try {
    await store()
  } catch (error) {
    // what is counted for nothing does no harm, and must not hide what went wrong
    await countVolume(marks, agent, { bytes: -sizeBytes }, at).catch(() => {})
    throw error
  }
}
