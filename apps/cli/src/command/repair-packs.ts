import { AppError } from '@holdfast/core/errors/app-error'
import { formatSize } from '@holdfast/core/units/size'
import { healPacks } from '@holdfast/repository/repair/heal-packs'
import { repairPacks as salvagePacks } from '@holdfast/repository/repair/repair-packs'
import type { LostBlob } from '@holdfast/repository/repair/salvage-blobs'
import { flag, single } from '../argument/option.ts'
import { countOf } from '@holdfast/core/units/count-of'
import type { Output } from '../output/output.ts'
import { findPackIds } from '../session/find-pack-ids.ts'
import { openSession } from '../session/open-session.ts'
import { sourceOptions, sourceRepositoryOptions } from '../session/source-option.ts'
import { defaultWorkers } from '../session/worker-count.ts'
import { defineCommand, type Invocation, repositoryExitCodes } from './command.ts'

const { fromPasswordFile, fromPasswordCommand, fromInsecureNoPassword, fromKeyHint } = sourceOptions

const options = {
  from: single({
    placeholder: '<location>',
    help: 'Fetch what is lost here from this repository, which has the same data.',
  }),
  fromPasswordFile,
  fromPasswordCommand,
  fromInsecureNoPassword,
  fromKeyHint,
  keepCopies: single({
    placeholder: '<directory>',
    help: 'Without --from: put copies of the damaged packs here before they are removed.',
    completes: 'directory',
  }),
  dryRun: flag({ short: 'n', help: 'Change nothing, only show what would be done.' }),
}

export const repairPacks = defineCommand({
  name: 'repair packs',
  purpose: 'Save what is sound in damaged packs; with --from, heal them from another repository',
  details: [
    'With --from and without ids, a complete check finds what is damaged or missing. What neither repository has stays where it is. Without --from, unreadable blobs are lost: run `repair snapshots` afterwards.',
  ],
  arguments: [{ name: 'pack', help: 'Id of a pack, or its beginning.', required: false, repeatable: true }],
  options,
  examples: [
    {
      explanation: 'Heal everything from a second copy',
      command: 'holdfast repair packs --from rest:https://backup.example.com/web1/',
    },
    { explanation: 'Salvage one pack', command: 'holdfast repair packs 1a2b3c4d --keep-copies /tmp' },
  ],
  exitCodes: repositoryExitCodes('failed, or something is lost'),
  run: async (invocation) => {
    const given = invocation.options
    if (given.from !== undefined) return heal(invocation, given.from)
    if (invocation.arguments.length === 0) {
      throw new AppError('ARGUMENT_MISSING', { command: 'repair packs', argument: 'the ids of packs, or --from' })
    }
    return salvage(invocation)
  },
})

type PacksInvocation = Invocation<typeof options>

async function heal(invocation: PacksInvocation, from: string): Promise<number> {
  const { options: given, output, ctx } = invocation
  const source = sourceRepositoryOptions({ ...given, fromRepo: from, fromRepositoryFile: undefined })
  await using sibling = await openSession(invocation, { lock: 'read', role: 'source', options: source })
  await using session = await openSession(invocation, { lock: 'exclusive', changesNothing: given.dryRun })
  const { repository } = session
  const ids = await findPackIds(repository, invocation.arguments, ctx)
  const choice = { dryRun: given.dryRun, workers: defaultWorkers() }
  const report = await healPacks(repository, sibling.repository, ids.length === 0 ? 'all-damaged' : ids, choice, ctx)
  showLost(report.lost, output)
  const { damaged, healed, blobsHealed, blobsSaved } = report
  output.line(
    given.dryRun
      ? `${countOf(damaged.length, 'pack')} damaged or missing; ${countOf(blobsHealed, 'blob')} can be had from ${sibling.repository.backend.location}`
      : `${countOf(damaged.length, 'pack')} damaged or missing, ${healed.length} healed: ${countOf(blobsSaved, 'blob')} saved here, ${blobsHealed} fetched, ${report.lost.length} lost`,
  )
  output.message({
    message_type: 'summary',
    dry_run: given.dryRun ? true : undefined,
    damaged_packs: damaged,
    healed_packs: healed,
    blobs_saved: blobsSaved,
    blobs_healed: blobsHealed,
    ...written(report),
  })
  return report.lost.length === 0 ? 0 : 1
}

async function salvage(invocation: PacksInvocation): Promise<number> {
  const { options: given, output, ctx } = invocation
  await using session = await openSession(invocation, { lock: 'exclusive', changesNothing: given.dryRun })
  const { repository } = session
  const ids = await findPackIds(repository, invocation.arguments, ctx)
  const copies = given.keepCopies === undefined ? {} : { copyDirectory: given.keepCopies }
  const report = await salvagePacks(repository, ids, { dryRun: given.dryRun, ...copies }, ctx)
  showLost(report.lost, output)
  const saved = `${countOf(report.blobsSaved, 'blob')} of ${countOf(report.packs.length, 'pack')}`
  output.line(
    given.dryRun
      ? `would save ${saved}`
      : `saved ${saved} (${formatSize(report.bytesWritten)}), ${report.lost.length} lost`,
  )
  output.message({
    message_type: 'summary',
    dry_run: given.dryRun ? true : undefined,
    packs: report.packs,
    blobs_saved: report.blobsSaved,
    copies: report.copies,
    ...written(report),
  })
  return report.lost.length === 0 ? 0 : 1
}

type Lost = Omit<LostBlob, 'packId'> & { readonly packId: string | undefined }

function showLost(lost: readonly Lost[], output: Output): void {
  for (const { id, type, packId, reason } of lost) {
    const item = `${type} ${id}${packId === undefined ? '' : ` of pack ${packId.slice(0, 8)}`}`
    output.emit({ type: 'item.failed', during: 'check', item, error: reason })
  }
}

function written(report: { lost: readonly Lost[]; packsWritten: number; bytesWritten: number }) {
  return {
    blobs_lost: report.lost.map(({ id, type, packId, reason }) => ({ id, type, pack: packId, reason })),
    packs_written: report.packsWritten,
    bytes_written: report.bytesWritten,
  }
}
