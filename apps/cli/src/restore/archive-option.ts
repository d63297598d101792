import { countOf } from '@holdfast/core/units/count-of'
import { type ArchivedNeed, describeArchived } from '@holdfast/repository/archive/archived-packs'
import { requestArchived } from '@holdfast/repository/archive/request-archived'
import type { Repository } from '@holdfast/repository/repository'
import type { RetrievalTier } from '@holdfast/storage/archive-class'
import { flag, invalidArgument, oneOf, single } from '../argument/option.ts'
import type { Invocation } from '../command/command.ts'
import { formatLocalTime } from '../output/local-time.ts'

/** Long enough for a restore that is begun some days after it could be. */
const defaultDays = 7

export const archiveOptions = {
  requestArchived: flag({
    help: 'Ask the store for what it has archived of this, say when to come again, and restore nothing yet.',
  }),
  archiveTier: oneOf({
    placeholder: '<tier>',
    help: 'How fast that is to be: standard, or bulk, which is slower and cheaper.',
    fallback: 'standard',
    choices: ['standard', 'bulk'],
  }),
  archiveDays: single(
    {
      placeholder: '<days>',
      help: 'How long what was brought back can be read.',
      fallback: String(defaultDays),
    },
    readDays,
  ),
}

export interface ArchiveOptions {
  readonly requestArchived: boolean
  readonly archiveTier: RetrievalTier | undefined
  readonly archiveDays: number | undefined
}

/** Whether a restore ends here: what it needs was asked for, and takes hours. Nothing is asked for unless wanted. */
export async function requestWhatIsArchived(
  repository: Repository,
  need: ArchivedNeed,
  {
    options,
    output,
    ctx,
  }: Pick<Invocation<typeof archiveOptions>, 'output' | 'ctx'> & { readonly options: ArchiveOptions },
): Promise<boolean> {
  if (!options.requestArchived || need.packs.length === 0) return false
  const request = { days: options.archiveDays ?? defaultDays, tier: options.archiveTier ?? 'standard' } as const
  const { requested, readyAt } = await requestArchived(repository, need, request, ctx)
  output.line(
    [
      `needed: ${describeArchived(need)}`,
      `asked for ${countOf(requested, 'pack')}; come again at about ${formatLocalTime(readyAt)} with the same command`,
      ...(need.isComplete ? [] : ['what says what else is needed is among it: more may have to be asked for then']),
    ].join('\n'),
  )
  output.message({
    message_type: 'archived',
    packs: need.packs.length,
    bytes: need.bytes,
    requested,
    complete: need.isComplete,
    ready_at: readyAt.toISOString(),
  })
  return true
}

function readDays(raw: string, label: string): number {
  const days = Number(raw)
  if (/^\d{1,3}$/.test(raw) && days > 0) return days
  throw invalidArgument(label, raw, 'write a number of days from 1 to 999')
}
