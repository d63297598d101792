import type { EffectiveConfig, SourceSettings } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import { draftForSource } from '@holdfast/orchestrator/planning/run-draft'
import type { RunQueue } from '@holdfast/orchestrator/run/run-queue'

/** Asks for a base backup because the log has a gap; once for each gap. */
export async function gapBackup(
  queue: RunQueue,
  source: SourceSettings,
  gapAt: Date,
  config: EffectiveConfig,
  ctx: Context,
): Promise<void> {
  const { name, repositories, copyMethod } = source
  const touched = copyMethod === 'fan-out' ? repositories : repositories.slice(0, 1)
  const draft = draftForSource(
    {
      operation: 'backup',
      cause: { type: 'manual', by: 'a gap in the log' },
      uniqueKey: `backup/${name}/gap/${gapAt.toISOString()}`,
      dueAt: ctx.now(),
    },
    { source, touched },
    config,
  )
  await queue.enqueue(draft)
}
