import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { encodeSnapshot, type Snapshot } from '../format/snapshot.ts'
import { formatTimestamp } from '../format/timestamp.ts'
import { writeUnpacked } from '../open/unpacked-files.ts'
import type { Repository } from '../repository.ts'
import { chooseParent } from '../snapshot/choose-parent.ts'
import type { ListedSnapshot } from '../snapshot/listed-snapshot.ts'
import { listSnapshots } from '../snapshot/list-snapshots.ts'
import { saveEntries } from './save-entries.ts'
import { inspectPaths, type PathsSource, savePaths } from './save-paths.ts'
import type { RepositorySaveReport, SaveReport, SaveRequest } from './save-request.ts'
import { openSaveSession, type SaveSession } from './save-session.ts'
import { saveStream } from './save-stream.ts'

/**
 * Makes one snapshot in each of the repositories from one reading of the source. The caller holds a lock on each. The
 * snapshot appears last, after everything it needs is durable; when anything but a single file fails, none appears.
 * Failing of some repositories is reported, failing of all is thrown.
 */
export async function save(
  repositories: readonly Repository[],
  request: SaveRequest,
  ctx: Context,
): Promise<SaveReport> {
  requireEqualPolynomials(repositories)
  const startedAt = ctx.now()
  const { source } = request
  const inspected = source.type === 'paths' ? inspectPaths(source.paths, source.workingDirectory, request) : undefined
  const paths = source.type === 'paths' ? (inspected?.absolutePaths ?? []) : [source.path]
  // snapshots before the index, so that every blob of the parent is found
  const parents = await Promise.all(repositories.map((repository) => findParent(repository, request, paths, ctx)))
  await using session = await openSaveSession(repositories, request, inspected?.filter ?? {}, ctx)
  let tree: string
  let failures: readonly unknown[]
  try {
    tree = await saveSource(session, repositories, request, inspected, parents[0], ctx)
    failures = await session.finish()
  } catch (error) {
    await session.salvage()
    throw error
  }
  if (failures.every((failure) => failure !== undefined)) throw failures[0]
  const endedAt = ctx.now()
  const made = await Promise.all(
    repositories.map(async (repository, i): Promise<RepositorySaveReport> => {
      const report = storedIn(repository, session, i, parents[i], failures[i])
      const unchanged = request.skipIfUnchanged && parents[i]?.snapshot.tree === tree
      if (request.dryRun || unchanged || report.failure !== undefined) return report
      const snapshot = snapshotOf(request, paths, tree, parents[i]?.id, session, report, { startedAt, endedAt })
      try {
        // the index too must outlast a power cut before anything relies on it
        await repository.backend.flush(ctx)
        const snapshotId = await writeUnpacked(repository, 'snapshot', encodeSnapshot(snapshot), ctx)
        await repository.backend.flush(ctx)
        return { ...report, snapshotId }
      } catch (failure) {
        return { ...report, failure }
      }
    }),
  )
  if (made.every(({ failure }) => failure !== undefined)) throw made[0]?.failure
  return { ...totalsOf(session), repositories: made, tree, startedAt, endedAt }
}

/** Returns the id of the root tree. */
async function saveSource(
  session: SaveSession,
  repositories: readonly Repository[],
  request: SaveRequest,
  paths: PathsSource | undefined,
  parent: ListedSnapshot | undefined,
  ctx: Context,
): Promise<string> {
  const { source } = request
  if (paths !== undefined) return await savePaths(session, paths, request, parent?.snapshot.tree, ctx)
  if (source.type === 'stream') return await saveStream(session, request, ctx)
  const [first] = repositories
  if (source.type !== 'entries' || first === undefined) throw new Error('there is nothing to save, or nowhere')
  return await saveEntries({ session, repository: first, source, request, parent }, ctx)
}

function requireEqualPolynomials(repositories: readonly Repository[]): void {
  const [first, ...others] = repositories
  const other = others.find(({ config }) => config.chunkerPolynomial !== first?.config.chunkerPolynomial)
  if (first === undefined || other === undefined) return
  throw new AppError('REPOSITORY_POLYNOMIAL_DIFFERS', {
    first: first.backend.location,
    second: other.backend.location,
  })
}

async function findParent(
  repository: Repository,
  request: SaveRequest,
  paths: readonly string[],
  ctx: Context,
): Promise<ListedSnapshot | undefined> {
  const { parent, identity, tags, time, source } = request
  if (parent.type === 'none' || source.type === 'stream') return undefined
  const snapshots = await listSnapshots(repository, {}, ctx)
  if (parent.type === 'snapshot') return snapshots.find(({ id }) => id === parent.id)
  return chooseParent(snapshots, { host: identity.hostname, paths, tags, groupBy: parent.groupBy, now: time })
}

function storedIn(
  { backend }: Repository,
  { counts }: SaveSession,
  i: number,
  parent: ListedSnapshot | undefined,
  failure: unknown,
): RepositorySaveReport {
  return {
    location: backend.location,
    snapshotId: undefined,
    parentId: parent?.id,
    dataBlobs: counts.dataBlobs[i] ?? 0,
    treeBlobs: counts.treeBlobs[i] ?? 0,
    dataAdded: counts.dataAdded[i] ?? 0,
    dataAddedPacked: counts.dataAddedPacked[i] ?? 0,
    failure,
  }
}

function snapshotOf(
  request: SaveRequest,
  paths: readonly string[],
  tree: string,
  parent: string | undefined,
  session: SaveSession,
  stored: RepositorySaveReport,
  times: { readonly startedAt: Date; readonly endedAt: Date },
): Snapshot {
  const { counts } = session
  const timestamp = (date: Date): string => formatTimestamp(BigInt(date.getTime()) * 1_000_000n)
  return {
    time: timestamp(request.time),
    ...(parent === undefined ? {} : { parent }),
    tree,
    paths,
    ...request.identity,
    excludes: request.excludes,
    tags: request.tags,
    programVersion: request.programVersion,
    summary: {
      backupStart: timestamp(times.startedAt),
      backupEnd: timestamp(times.endedAt),
      filesNew: counts.filesNew,
      filesChanged: counts.filesChanged,
      filesUnmodified: counts.filesUnmodified,
      dirsNew: counts.dirsNew,
      dirsChanged: counts.dirsChanged,
      dirsUnmodified: counts.dirsUnmodified,
      dataBlobs: stored.dataBlobs,
      treeBlobs: stored.treeBlobs,
      dataAdded: stored.dataAdded,
      dataAddedPacked: stored.dataAddedPacked,
      totalFilesProcessed: counts.files,
      totalBytesProcessed: counts.bytes,
    },
  }
}

function totalsOf({
  counts,
  errors,
  inspected,
}: SaveSession): Omit<SaveReport, 'repositories' | 'tree' | 'startedAt' | 'endedAt'> {
  return {
    filesNew: counts.filesNew,
    filesChanged: counts.filesChanged,
    filesUnmodified: counts.filesUnmodified,
    dirsNew: counts.dirsNew,
    dirsChanged: counts.dirsChanged,
    dirsUnmodified: counts.dirsUnmodified,
    filesTotal: counts.files,
    bytesTotal: counts.bytes,
    errors,
    inspected,
  }
}
