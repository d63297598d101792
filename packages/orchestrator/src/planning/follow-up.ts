import type { EffectiveConfig, SourceSettings } from '@holdfast/core/config/effective-config'
import type { Run, RunDraft, RunState } from '../run/run.ts'
import { draftCopy } from './missing-copies.ts'
import { draftForSource } from './run-draft.ts'

const fruitfulStates: readonly RunState[] = ['succeeded', 'partial']

/**
 * What a run that has ended leads to, all with unique keys made of its id, so that asking twice asks for nothing new:
 *
 * - a backup: copies to the repositories that it did not write itself; forgetting in those it did. Where there are
 *   copies to be made, the first repository forgets only after they were tried, so that nothing is removed from where
 *   it is about to be copied from;
 * - a copy: forgetting in its repository if it succeeded, and in the one it came from in any case.
 *
 * Follow-ups that were lost with a process are no loss: copies are asked for again (`missing-copies.ts`), and the next
 * backup leads to forgetting again.
 */
export function planFollowUps(run: Run, config: EffectiveConfig, now: Date): RunDraft[] {
  const source = run.source === undefined ? undefined : config.sources.get(run.source)
  if (source === undefined) return []
  const isFruitful = fruitfulStates.includes(run.state)
  if (run.operation === 'backup') return isFruitful ? afterBackup(run, source, config, now) : []
  return run.operation === 'copy' ? afterCopy(run, source, isFruitful, config, now) : []
}

function afterBackup(run: Run, source: SourceSettings, config: EffectiveConfig, now: Date): RunDraft[] {
  const written = Object.keys(run.result?.snapshots ?? {})
  const from = source.repositories.find((name) => written.includes(name))
  if (from === undefined) return []
  const lacking = source.repositories.filter((name) => !written.includes(name))
  const cause = { type: 'after', runId: run.id } as const
  const copies = lacking.map((to) =>
    draftCopy({ source, from: { repository: from }, to }, run.id, { cause, dueAt: now, config }),
  )
  const forgetting = copies.length === 0 ? written : written.filter((name) => name !== from)
  return [...copies, ...forgetting.map((name) => draftForget(source, name, run.id, config, now))]
}

function afterCopy(run: Run, source: SourceSettings, isFruitful: boolean, config: EffectiveConfig, now: Date) {
  const rootId = run.cause.type === 'after' ? run.cause.runId : run.id
  const repositories = [...(isFruitful ? [run.repository] : []), run.arguments['from']]
  return repositories.flatMap((name) =>
    name === undefined || !source.repositories.includes(name) ? [] : [draftForget(source, name, rootId, config, now)],
  )
}

function draftForget(
  source: SourceSettings,
  repository: string,
  rootId: string,
  config: EffectiveConfig,
  now: Date,
): RunDraft {
  const choice = {
    operation: 'forget' as const,
    cause: { type: 'after', runId: rootId } as const,
    uniqueKey: `forget/${source.name}/${repository}/${rootId}`,
    dueAt: now,
  }
  return draftForSource(choice, { source, repository, touched: [repository] }, config)
}
