import type { SettingMap } from '@holdfast/core/config/setting'
import type { Context } from '@holdfast/core/context'
import type { Entry } from '@holdfast/core/entry'
import { executeForget } from '@holdfast/repository/forget/execute-forget'
import { planForgetSnapshots } from '@holdfast/repository/forget/plan-forget'
import type { Repository } from '@holdfast/repository/repository'
import { save } from '@holdfast/repository/save/save'
import { listSnapshotIds, listSnapshots } from '@holdfast/repository/snapshot/list-snapshots'
import { endStates } from '../run/run.ts'
import { wholeSource } from '../save-settings.ts'
import { catalogueFiles, catalogueTag, encodeLines, isCatalogueCopy } from './catalogue-copy.ts'
import { messageOf, type OperationReport, type OperationSurroundings, reportOf } from './operation-report.ts'
import { saveSettingsFor } from './save-settings-for.ts'
import { withRepository } from './with-repositories.ts'

/** More runs than these are not copied: a year of some sources. */
const runsAtMost = 20_000
const proofsAtMost = 5_000
/** The newest rows; the last of them vouches for all before it. */
const auditAtMost = 20_000
/** Of each host so many copies stay in a repository. */
const copiesKept = 7

/**
 * Writes what the catalogue remembers (configuration without secrets, runs, proofs, audit log) into each
 * repository, as a snapshot of four files. A repository that cannot be written is a problem.
 * @param settings of the configuration, as `showSettings` gives them
 */
export async function copyCatalogue(
  settings: SettingMap,
  surroundings: OperationSurroundings,
  ctx: Context,
): Promise<OperationReport> {
  const { catalogue, config } = surroundings
  const runs = await catalogue.runs.list({ states: endStates, limit: runsAtMost })
  const proofs = await catalogue.proofs.list({ limit: proofsAtMost })
  const audit = await catalogue.audit.list({ limit: auditAtMost })
  const files: Readonly<Record<string, Buffer>> = {
    [catalogueFiles.config]: Buffer.from(`${JSON.stringify(settings, undefined, 2)}\n`),
    [catalogueFiles.proofs]: encodeLines(proofs),
    [catalogueFiles.runs]: encodeLines(runs),
    [catalogueFiles.audit]: encodeLines(audit.toReversed()),
  }
  const snapshots: Record<string, string> = {}
  const problems: string[] = []
  for (const name of config.repositories.keys()) {
    const copy = (repository: Repository, own: Context): Promise<string | undefined> =>
      copyInto(repository, files, surroundings, own)
    try {
      const id = await withRepository(name, { exclusive: false, retryForMs: 0 }, surroundings, copy, ctx)
      if (id !== undefined) snapshots[name] = id
    } catch (error) {
      ctx.signal.throwIfAborted()
      problems.push(`${name}: ${messageOf(error)}`)
    }
  }
  return reportOf({ snapshots }, problems)
}

async function copyInto(
  repository: Repository,
  files: Readonly<Record<string, Buffer>>,
  { machine, config }: OperationSurroundings,
  ctx: Context,
): Promise<string | undefined> {
  const report = await save(
    [repository],
    {
      ...wholeSource,
      ...saveSettingsFor(machine, config.host),
      source: { type: 'entries', path: '/holdfast/catalogue', entries: entriesOf(files, ctx.now()) },
      time: ctx.now(),
      tags: ['holdfast', catalogueTag],
      parent: { type: 'none' },
    },
    ctx,
  )
  const copies = (await listSnapshots(repository, { hosts: [config.host] }, ctx)).filter(isCatalogueCopy)
  const presentIds = await listSnapshotIds(repository, ctx)
  const plan = planForgetSnapshots(copies.slice(0, -copiesKept), { repositoryId: repository.config.id, presentIds })
  if (plan.remove.length > 0) await executeForget(repository, plan, ctx)
  return report.repositories[0]?.snapshotId
}

async function* entriesOf(files: Readonly<Record<string, Buffer>>, modifiedAt: Date): AsyncGenerator<Entry> {
  for (const [name, bytes] of Object.entries(files)) {
    const content = { type: 'bytes', bytes } as const
    yield { kind: 'file', path: `holdfast/catalogue/${name}`, mode: 0o600, modifiedAt, content }
  }
}
