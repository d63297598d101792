import type { Context } from '@holdfast/core/context'
import type { Repository } from '@holdfast/repository/repository'
import { listSnapshots } from '@holdfast/repository/snapshot/list-snapshots'
import type { ListedSnapshot } from '@holdfast/repository/snapshot/listed-snapshot'
import { type OpenedTrees, openTrees } from '@holdfast/repository/tree/open-trees'
import type { ProofRecord } from '../catalogue/catalogue.ts'
import type { OpenedCatalogue } from '../catalogue/open-catalogue.ts'
import { readSnapshotFile } from '../backup/snapshot-file.ts'
import type { SourceProof } from '../proof/source-proof.ts'
import { importRuns } from '../run/import-runs.ts'
import { catalogueFiles, isCatalogueCopy, parseProofs, parseRuns } from './catalogue-copy.ts'
import { measureRepository } from './measure-repository.ts'
import { messageOf, type OperationSurroundings } from './operation-report.ts'
import { proofRecordOf } from './proof-record.ts'
import { tagValue } from './snapshot-record.ts'

export interface RebuildReport {
  readonly repositories: number
  readonly snapshots: number
  readonly proofs: number
  readonly runs: number
  /** what could not be read */
  readonly problems: readonly string[]
}

/**
 * Brings into a catalogue what the repositories of the configuration know: snapshots, proofs, and the history that a
 * server copied there once a day. What the catalogue has already stays; a repository that cannot be read is a problem.
 */
export async function rebuildCatalogue(
  surroundings: Omit<OperationSurroundings, 'catalogue'> & { readonly catalogue: OpenedCatalogue },
  ctx: Context,
): Promise<RebuildReport> {
  const { config, catalogue, repositories } = surroundings
  const known = new Set((await catalogue.proofs.list({})).map(({ id }) => id))
  const total = { repositories: 0, proofs: 0, runs: 0 }
  const problems: string[] = []
  for (const name of config.repositories.keys()) {
    try {
      const repository = await repositories.open(name, ctx)
      await measureRepository(name, repository, surroundings, ctx)
      const { proofs, runs } = await readHistory(name, repository, problems, ctx)
      total.runs += await importRuns(catalogue.store, runs)
      for (const proof of proofs) {
        if (known.has(proof.id)) continue
        known.add(proof.id)
        await catalogue.proofs.add(proof)
        total.proofs += 1
      }
      total.repositories += 1
    } catch (error) {
      ctx.signal.throwIfAborted()
      problems.push(`${name}: ${messageOf(error)}`)
    }
  }
  const snapshots = (await catalogue.snapshots.list({})).length
  return { ...total, snapshots, problems }
}

async function readHistory(name: string, repository: Repository, problems: string[], ctx: Context) {
  // snapshots before the index, so that it has what they need
  const snapshots = await listSnapshots(repository, { onUnreadable: () => {} }, ctx)
  const opened = await openTrees(repository, ctx)
  const proofs: ProofRecord[] = []
  for (const listed of snapshots.filter(({ snapshot }) => tagValue(snapshot.tags, 'proof') !== undefined)) {
    try {
      proofs.push(await readProof(name, opened, listed, ctx))
    } catch (error) {
      ctx.signal.throwIfAborted()
      problems.push(`${name}: proof ${listed.id.slice(0, 8)}: ${messageOf(error)}`)
    }
  }
  // the newest of each host: several servers may have had a catalogue each
  const copies = new Map(snapshots.filter(isCatalogueCopy).map((listed) => [listed.snapshot.hostname, listed]))
  const runs = []
  for (const copy of copies.values()) {
    const read = (file: string) => readSnapshotFile(opened, copy, `holdfast/catalogue/${file}`, ctx)
    runs.push(...parseRuns(await read(catalogueFiles.runs)))
    proofs.push(...parseProofs(await read(catalogueFiles.proofs)))
  }
  return { proofs, runs }
}

async function readProof(
  repository: string,
  opened: OpenedTrees,
  listed: ListedSnapshot,
  ctx: Context,
): Promise<ProofRecord> {
  const { tags } = listed.snapshot
  const [type = '', source = ''] = [tagValue(tags, 'type'), tagValue(tags, 'source')]
  const bytes = await readSnapshotFile(opened, listed, `${type}/${source}/proof.json`, ctx)
  // boundary: written by `saveProof` and authenticated by the repository
  const proof = JSON.parse(Buffer.from(bytes).toString('utf8')) as SourceProof
  return proofRecordOf(repository, listed.id, proof)
}
