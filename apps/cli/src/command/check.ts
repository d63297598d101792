import { AppError } from '@holdfast/core/errors/app-error'
import { formatSize, parseSizeBytes } from '@holdfast/core/units/size'
import { check as checkRepository } from '@holdfast/repository/check/check'
import type { CheckReport, ReadData } from '@holdfast/repository/check/check-options'
import type { CheckFinding } from '@holdfast/repository/check/finding'
import { flag, invalidArgument, single } from '../argument/option.ts'
import { countOf } from '@holdfast/core/units/count-of'
import type { Output } from '../output/output.ts'
import { printable } from '../output/printable.ts'
import { openSession } from '../session/open-session.ts'
import { defineCommand, repositoryExitCodes } from './command.ts'

export const check = defineCommand({
  name: 'check',
  purpose: 'Check that a repository is whole',
  details: [
    'Without --read-data the structure is checked: indexes, packs by name and size, and every directory of every snapshot. With it, every byte of the packs is read, decrypted and compared with its hash.',
  ],
  arguments: [],
  options: {
    readData: flag({ help: 'Read and verify all data.' }),
    readDataSubset: single(
      {
        placeholder: '<subset>',
        help: 'Read a part: n/t (the n-th of t parts), a random share such as 5%, or a size such as 10G.',
      },
      readSubset,
    ),
    withCache: flag({ help: 'Trust the local cache instead of reading everything from the store.' }),
    unused: flag({ help: 'Also report data that no snapshot needs.' }),
  },
  examples: [
    { explanation: 'Everything, every byte', command: 'holdfast check --read-data' },
    { explanation: 'One seventh of the data each day', command: 'holdfast check --read-data-subset $(date +%u)/7' },
  ],
  exitCodes: repositoryExitCodes('failed, or errors were found'),
  run: async (invocation) => {
    const { options, global, output, ctx } = invocation
    if (options.readData && options.readDataSubset !== undefined) {
      throw new AppError('OPTIONS_CONFLICT', { first: '--read-data', second: '--read-data-subset' })
    }
    const readData: ReadData = options.readData ? 'all' : (options.readDataSubset ?? 'none')
    // what is kept locally says nothing about what the store still holds
    const request = { ...invocation, global: { ...global, noCache: global.noCache || !options.withCache } }
    await using session = await openSession(request, { lock: 'exclusive', changesNothing: true })
    const onFinding = (finding: CheckFinding) => showFinding(finding, output)
    const report = await checkRepository(session.repository, { readData, unused: options.unused, onFinding }, ctx)
    showReport(report, output)
    return report.errors === 0 ? 0 : 1
  },
})

/** Reads n/t, x% or a size. */
export function readSubset(raw: string, label: string): ReadData {
  const part = /^(\d{1,3})\/(\d{1,3})$/.exec(raw)
  if (part !== null) {
    const [n, of] = [Number(part[1]), Number(part[2])]
    if (n >= 1 && n <= of && of <= 256) return { part: n, of }
    throw invalidArgument(label, raw, 'a part is n/t with 1 ≤ n ≤ t ≤ 256')
  }
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(raw)?.[1]
  if (percent !== undefined) {
    if (Number(percent) > 0 && Number(percent) <= 100) return { percent: Number(percent) }
    throw invalidArgument(label, raw, 'a share is more than 0 % and at most 100 %')
  }
  const bytes = parseSizeBytes(raw, label)
  if (bytes > 0) return { bytes }
  throw invalidArgument(label, raw, 'a sample needs more than 0 bytes')
}

function showFinding({ severity, kind, object, id, reason, action }: CheckFinding, output: Output): void {
  output.message({ message_type: 'finding', severity, kind, object, id, reason, action })
  const text = `${severity}: ${object} ${object === 'config' ? '' : `${id.slice(0, 16)} `}${printable(reason)}\n  ${action}`
  if (severity === 'error') output.line(text)
  else output.note(text)
}

function showReport(report: CheckReport, output: Output): void {
  const { errors, hints, packs, packsRead, bytesRead, packsArchived } = report
  output.note(
    `checked ${countOf(report.snapshots, 'snapshot')}, ${countOf(report.trees, 'directory', 'directories')}, ${countOf(report.blobs, 'blob')} in ${countOf(packs, 'pack')}; read ${packsRead === 0 ? 'no data' : `${packsRead} of them, ${formatSize(bytesRead)}`}`,
  )
  if (packsArchived > 0) {
    output.note(`${countOf(packsArchived, 'pack')} in an archive of the store: known by name and size, but not read`)
  }
  if (errors > 0) output.line(`${countOf(errors, 'error')} found`)
  else output.line(hints === 0 ? 'no errors were found' : `no errors were found, ${countOf(hints, 'hint')}`)
  output.message({
    message_type: 'summary',
    num_errors: errors,
    num_hints: hints,
    snapshots: report.snapshots,
    indexes: report.indexes,
    packs,
    blobs: report.blobs,
    trees: report.trees,
    packs_read: packsRead,
    bytes_read: bytesRead,
    packs_archived: packsArchived,
    broken_packs: brokenPacks(report),
    suggest_repair_index: suggests(report, 'repair index'),
    suggest_prune: suggests(report, 'holdfast prune'),
  })
}

function brokenPacks({ findings }: CheckReport): string[] {
  const ids = findings.filter(({ severity, object }) => severity === 'error' && object === 'pack').map(({ id }) => id)
  return [...new Set(ids)]
}

function suggests({ findings }: CheckReport, command: string): boolean {
  return findings.some(({ action }) => action.includes(command))
}
