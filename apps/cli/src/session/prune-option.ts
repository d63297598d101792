import { flag, single } from '../argument/option.ts'
import { parseSizeBytes } from '@holdfast/core/units/size'
import { invalidArgument } from '../argument/option.ts'

/** How much unused data may stay: bytes, or a part of the used data in percent, or no limit. */
export type UnusedLimit =
  | { readonly kind: 'bytes'; readonly sizeBytes: number }
  | { readonly kind: 'percent'; readonly percent: number }
  | { readonly kind: 'unlimited' }

/** Options that bound the work of a prune; `forget --prune` takes them too. */
export const pruneOptions = {
  maxUnused: single(
    {
      placeholder: '<limit>',
      help: "Unused data that may stay: a size, a part such as 5%, or 'unlimited'.",
      fallback: '5%',
    },
    readUnusedLimit,
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

export function readUnusedLimit(raw: string, label: string): UnusedLimit {
  if (raw === 'unlimited') return { kind: 'unlimited' }
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(raw)?.[1]
  if (percent === undefined) return { kind: 'bytes', sizeBytes: parseSizeBytes(raw, label) }
  if (Number(percent) >= 100) throw invalidArgument(label, raw, 'it must be below 100%')
  return { kind: 'percent', percent: Number(percent) }
}
