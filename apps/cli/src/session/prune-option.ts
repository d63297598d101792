import { parseSizeBytes } from '@holdfast/core/units/size'
import { parseUnusedLimit } from '@holdfast/orchestrator/operation/unused-limit'
import type { PruneOptions } from '@holdfast/repository/prune/prune-options'
import { flag, type OptionValues, single } from '../argument/option.ts'
import { packBytesOf } from './pack-size.ts'
import { defaultWorkers } from './worker-count.ts'

/** Options that bound the work of a prune; `forget --prune` takes them too. */
export const pruneOptions = {
  maxUnused: single(
    {
      placeholder: '<limit>',
      help: "Unused data that may stay: a size, a part of the repository such as 5%, or 'unlimited'.",
      fallback: '5%',
    },
    parseUnusedLimit,
  ),
  maxRepackSize: single(
    { placeholder: '<size>', help: 'Stop rewriting packs after this much; 0 only deletes.', fallback: 'no limit' },
    parseSizeBytes,
  ),
  repackCacheableOnly: flag({ help: 'Rewrite only packs of trees.' }),
  repackSmall: flag({ help: 'Rewrite small packs even when there are few.' }),
  repackSmallerThan: single({ placeholder: '<size>', help: 'Rewrite packs below this size.' }, parseSizeBytes),
  repackUncompressed: flag({ help: 'Rewrite all data that is stored uncompressed.' }),
}

export function readPruneOptions(given: OptionValues<typeof pruneOptions>, packSize: number | undefined): PruneOptions {
  return {
    maxUnused: given.maxUnused ?? { percent: 5 },
    ...(given.maxRepackSize === undefined ? {} : { maxRepackBytes: given.maxRepackSize }),
    repackCacheableOnly: given.repackCacheableOnly,
    repackSmall: given.repackSmall,
    ...(given.repackSmallerThan === undefined ? {} : { repackSmallerThanBytes: given.repackSmallerThan }),
    repackUncompressed: given.repackUncompressed,
    packBytes: packBytesOf(packSize),
    workers: defaultWorkers(),
  }
}
