import { type Caller, maySee } from '@holdfast/api/caller'
import type { snapshotRoutes } from '@holdfast/api/routes/snapshots'
import type { SnapshotView } from '@holdfast/api/view/snapshot-view'
import type { Context } from '@holdfast/core/context'
import { defined } from '@holdfast/core/config/defined'
import type { ProofRecord, SnapshotRecord } from '@holdfast/orchestrator/catalogue/catalogue'
import { requireKnown } from '@holdfast/orchestrator/config/require-known'
import type { ReadingSurroundings } from './reading-surroundings.ts'
import type { RouteAnswer } from './route-answer.ts'
import { configSeenBy } from './seen-by.ts'
import { pageOf, readSnapshotCursor } from './snapshot-cursor.ts'
import { snapshotPlace } from './snapshot-place.ts'

type Routes = typeof snapshotRoutes
export type SnapshotAnswers = { readonly [Name in keyof Routes]: RouteAnswer<Routes[Name]> }

/** What is asked of a list. */
interface Wanted {
  readonly source?: string | undefined
  readonly repository?: string | undefined
}

export function createSnapshotAnswers(surroundings: ReadingSurroundings): SnapshotAnswers {
  const { catalogue, config, reader } = surroundings
  return {
    async 'snapshots.list'({ query }, caller, ctx) {
      const { source, repository, limit } = query
      const seen = configSeenBy(caller, config())
      if (source !== undefined) requireKnown('source', source, seen.sources)
      if (repository !== undefined) requireKnown('repository', repository, seen.repositories)
      const cursor = readSnapshotCursor(query.before)
      const { notAfter, skip } = cursor
      const wanted = defined({ source, repository })
      const records =
        query.fresh === 'true'
          ? await readFresh(wanted, caller, surroundings, ctx)
          : await catalogue.snapshots.list({
              ...wanted,
              ...defined({ sources: caller.sources, notAfter }),
              limit: skip + limit + 1,
            })
      const due = records.filter(({ time }) => notAfter === undefined || time <= notAfter)
      const { page, before } = pageOf(due, cursor, limit)
      const proofs = source === undefined ? new Map<string, ProofRecord>() : await newestProofs(source, surroundings)
      return { snapshots: page.map((record) => viewOf(record, proofs)), ...defined({ before }) }
    },
    async 'snapshots.get'({ params }, caller, ctx) {
      return await reader.ask({ type: 'describe-snapshot', ...snapshotPlace(params, caller, config()) }, ctx)
    },
    async 'snapshots.files'({ params, query: { path, after, limit } }, caller, ctx) {
      const place = snapshotPlace(params, caller, config())
      const page = await reader.ask({ type: 'list-directory', ...place, path, limit, ...defined({ after }) }, ctx)
      return { ...page, entries: [...page.entries] }
    },
    async 'snapshots.download'({ params, query: { path } }, caller, ctx) {
      return await reader.download({ type: 'download', ...snapshotPlace(params, caller, config()), path }, ctx)
    },
    async 'snapshots.diff'({ params, query: { with: other, limit } }, caller, ctx) {
      const place = snapshotPlace(params, caller, config())
      const { changes, ...figures } = await reader.ask({ type: 'compare-snapshots', ...place, other, limit }, ctx)
      return { ...figures, changes: [...changes] }
    },
  }
}

/** What repositories hold now, of sources that the caller sees; newest first. */
async function readFresh(
  { source, repository }: Wanted,
  caller: Caller,
  { config, reader }: Pick<ReadingSurroundings, 'config' | 'reader'>,
  ctx: Context,
): Promise<SnapshotRecord[]> {
  const seen = configSeenBy(caller, config())
  const names = source === undefined ? [...seen.repositories.keys()] : (seen.sources.get(source)?.repositories ?? [])
  const records: SnapshotRecord[] = []
  for (const name of names.filter((each) => repository === undefined || each === repository)) {
    const settings = seen.repositories.get(name)
    if (settings === undefined) continue
    for (const details of await reader.ask({ type: 'list-snapshots', repository: settings }, ctx)) {
      const own = details.source
      if (own === undefined || !maySee(caller, own) || (source !== undefined && own !== source)) continue
      const { id: snapshotId, time, lineage, bytes, bytesAdded } = details
      const record = { repository: name, snapshotId, source: own, time: new Date(time), lineage }
      records.push({ ...record, ...defined({ bytes, bytesAdded }) })
    }
  }
  return records.toSorted((one, other) => {
    return other.time.getTime() - one.time.getTime() || (one.snapshotId < other.snapshotId ? -1 : 1)
  })
}

/** By lineage: what was proven of one copy holds for all. */
async function newestProofs(
  source: string,
  { catalogue }: Pick<ReadingSurroundings, 'catalogue'>,
): Promise<ReadonlyMap<string, ProofRecord>> {
  const [records, proofs] = await Promise.all([
    catalogue.snapshots.list({ source }),
    catalogue.proofs.list({ source, limit: 500 }),
  ])
  const lineageOf = new Map(
    records.map(({ repository, snapshotId, lineage }) => [`${repository}/${snapshotId}`, lineage]),
  )
  const newest = new Map<string, ProofRecord>()
  for (const proof of proofs) {
    const lineage = lineageOf.get(`${proof.repository}/${proof.snapshotId}`)
    // newest first
    if (lineage !== undefined && !newest.has(lineage)) newest.set(lineage, proof)
  }
  return newest
}

function viewOf(
  { repository, snapshotId: id, source, time, lineage, bytes, bytesAdded }: SnapshotRecord,
  proofs: ReadonlyMap<string, ProofRecord>,
): SnapshotView {
  const proof = proofs.get(lineage)
  return {
    ...{ repository, id, source, lineage, ...defined({ bytes, bytesAdded }) },
    time: time.toISOString(),
    ...(proof === undefined ? {} : { proof: { verdict: proof.verdict, at: proof.endedAt.toISOString() } }),
  }
}
