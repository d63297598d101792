import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { BlobIndex } from '../engine/blob-index.ts'
import { loadIndexFiles } from '../engine/load-index.ts'
import { defaultPackBytes } from '../copy/transfer-blobs.ts'
import type { Repository } from '../repository.ts'
import { listSnapshotIds, listSnapshots } from '../snapshot/list-snapshots.ts'
import { collectUsedBlobs } from '../tree/collect-used-blobs.ts'
import type { TreeProblem } from '../tree/inspect-tree.ts'
import { decidePrune, packAction, type PruneFigures } from './decide-prune.ts'
import { type PruneOptions, validatePruneOptions } from './prune-options.ts'
import { digestContent, listStoredPacks } from './stored-files.ts'
import { isSound, type PackSurvey, surveyPacks } from './survey-packs.ts'

/** What a prune would do. It holds the index it was made from, so it is executed by the process that made it. */
export interface PrunePlan {
  readonly repositoryId: string
  /** of the snapshots, indexes and packs that the plan was made from */
  readonly digest: string
  readonly figures: PruneFigures
  readonly options: PruneOptions
  /** packs that no index names; removed first */
  readonly removeUnindexed: readonly string[]
  /** packs of which nothing is needed */
  readonly remove: readonly string[]
  /** packs whose used blobs go to new packs */
  readonly repack: readonly string[]
  /** packs that are missing; only the index still names them */
  readonly forget: readonly string[]
  /** whether several index files name the same pack, which rewriting them mends */
  readonly indexedTwice: boolean
  readonly index: BlobIndex
  /** entries of `index`: the blobs to be rewritten */
  readonly move: Uint32Array
}

/**
 * Decides what can be removed, and changes nothing. Needs an exclusive lock, also until the plan was executed.
 * @throws AppError REPOSITORY_DAMAGED when a needed blob or pack is missing or a directory cannot be read,
 * ARGUMENT_INVALID, STORAGE_…, INTERRUPTED
 */
export async function planPrune(repository: Repository, options: PruneOptions, ctx: Context): Promise<PrunePlan> {
  const { version, id: repositoryId } = repository.config
  validatePruneOptions(options, version, options.packBytes ?? defaultPackBytes)
  const snapshotIds = await listSnapshotIds(repository, ctx)
  const snapshots = await listSnapshots(repository, {}, ctx)
  const { index, names } = await loadIndexFiles(repository, ctx)
  const roots = snapshots.map(({ snapshot }) => snapshot.tree)
  const { used, problems } = await collectUsedBlobs(
    repository,
    index,
    roots,
    {
      ...(options.workers === undefined ? {} : { workers: options.workers }),
      onProgress: (done, total) =>
        ctx.emit({ type: 'work.progressed', work: 'prune', unit: 'directories', done, total }),
    },
    ctx,
  )
  refuseProblems(problems, ctx)
  const { sizes, archived } = await listStoredPacks(repository, ctx)
  const survey = surveyPacks(index, used, sizes, archived)
  refuseUnsound(index, survey)
  const known = new Set(index.packIds)
  const removeUnindexed = [...sizes.keys()].filter((id) => !known.has(id))
  const unindexedBytes = removeUnindexed.map((id) => sizes.get(id) ?? 0)
  const { actions, move, figures } = decidePrune(index, survey, unindexedBytes, version, options)
  const withAction = (action: number): string[] => index.packIds.filter((_, pack) => actions[pack] === action)
  return {
    repositoryId,
    digest: digestContent(repositoryId, snapshotIds, names, sizes),
    figures,
    options,
    removeUnindexed,
    remove: withAction(packAction.remove),
    repack: withAction(packAction.repack),
    forget: withAction(packAction.forget),
    indexedTwice: survey.copies.echoCount > 0,
    index,
    move,
  }
}

/** A node that is only odd refers to nothing that could get lost; anything else hides what is needed. */
function refuseProblems(problems: readonly TreeProblem[], ctx: Context): void {
  for (const problem of problems) {
    if (problem.kind !== 'node-invalid') continue
    const message = `tree ${problem.treeId.slice(0, 8)}, ${JSON.stringify(problem.name)}: ${problem.reason}`
    ctx.emit({ type: 'message.noted', level: 'warning', message })
  }
  const serious = problems.filter(({ kind }) => kind !== 'node-invalid')
  const [first] = serious
  if (first === undefined) return
  const more = serious.length > 1 ? ` (and ${serious.length - 1} more problems)` : ''
  const refuse = (object: string, reason: string): never => {
    throw new AppError('REPOSITORY_DAMAGED', { object, reason: `${reason}; nothing was pruned${more}` })
  }
  switch (first.kind) {
    case 'tree-missing':
      return refuse(`tree ${first.id}`, 'a snapshot needs it and no index names it')
    case 'blob-missing':
      return refuse(`blob ${first.id}`, 'a snapshot needs it and no index names it')
    case 'tree-damaged':
      return refuse(`tree ${first.treeId}`, first.reason)
    case 'node-invalid':
      return
  }
}

function refuseUnsound(index: BlobIndex, survey: PackSurvey): void {
  for (const [pack, id] of index.packIds.entries()) {
    if (survey.usedBlobs[pack] === 0 || isSound(survey, pack)) continue
    const stored = survey.storedBytes[pack]
    const reason = stored === -1 ? 'it is missing' : `it has ${stored} bytes instead of ${survey.expectedBytes[pack]}`
    throw new AppError('REPOSITORY_DAMAGED', {
      object: `pack ${id}`,
      reason: `${reason}, and ${survey.usedBlobs[pack]} of its blobs are needed; nothing was pruned`,
    })
  }
}
