import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Repository } from '../repository.ts'
import type { ListedSnapshot } from '../snapshot/listed-snapshot.ts'
import { createTreeSource } from '../tree/tree-source.ts'
import { emitProgress } from './emit-progress.ts'
import { EntryContents } from './entry-contents.ts'
import { directoryHead, identityOwner, statsOf } from './entry-node.ts'
import { EntrySaver, type EntrySaverOptions } from './entry-saver.ts'
import { EntryTree, type UnnamedHead } from './entry-tree.ts'
import { FirstFailure } from './first-failure.ts'
import { JobQueue } from './job-queue.ts'
import { ParentDirectories } from './parent-directories.ts'
import type { SaveRequest, Source } from './save-request.ts'
import type { SaveSession } from './save-session.ts'

export interface EntriesToSave {
  readonly session: SaveSession
  /** the one that the parent snapshot lies in */
  readonly repository: Repository
  readonly source: Extract<Source, { readonly type: 'entries' }>
  readonly request: SaveRequest
  readonly parent: ListedSnapshot | undefined
}

/** Backs up what a connector yields; returns the id of the root tree. */
export async function saveEntries(save: EntriesToSave, ctx: Context): Promise<string> {
  const { session, repository, source, request, parent } = save
  const [index] = session.indexes
  if (index === undefined) throw new Error('a backup needs a repository')
  using failure = new FirstFailure(ctx.signal)
  const queue = new JobQueue(session, failure, (result) => session.take(result))
  const onBytes = (sizeBytes: number): void => {
    session.counts.bytes += sizeBytes
    emitProgress(session, [], undefined, ctx)
  }
  const options: EntrySaverOptions = {
    session,
    request,
    queue,
    contents: new EntryContents(queue, failure, session.chunkerPolynomial, onBytes),
    parents: new ParentDirectories(parent, createTreeSource(repository, index), ctx),
    tree: new EntryTree(),
    onFile: (action, path, sizeBytes) => countFile(session, request, { action, path, sizeBytes }, ctx),
    onBytes,
  }
  const saver = new EntrySaver(options)
  for await (const entry of failure.guard(source.entries)) await saver.add(entry)
  await saver.settle()
  if (options.tree.isEmpty) throw new AppError('SOURCE_EMPTY', { origin: source.path })
  return await storeTrees(options)
}

function countFile(
  session: SaveSession,
  request: SaveRequest,
  file: { readonly action: 'new' | 'unchanged' | 'modified'; readonly path: string; readonly sizeBytes: number },
  ctx: Context,
): void {
  const { counts } = session
  const { action, path, sizeBytes } = file
  counts.files++
  if (action === 'new') counts.filesNew++
  else if (action === 'modified') counts.filesChanged++
  else counts.filesUnmodified++
  emitProgress(session, [path], undefined, ctx)
  if (request.verbose) ctx.emit({ type: 'item.processed', action, item: `/${path}`, sizeBytes })
}

/** From the leaves up; returns the id of the root. */
async function storeTrees({ session, request, queue, tree, parents }: EntrySaverOptions): Promise<string> {
  const ids = new Map<string, string>()
  for (const level of tree.levels(unnamedDirectory(request), ids)) {
    for (const { path, bytes } of level) {
      const load = { sizeBytes: bytes.length, transfer: [bytes.buffer] }
      await queue.send({ type: 'blob', bytes, isTree: true }, ({ id }) => ids.set(path, id), load)
    }
    await queue.settle()
  }
  for (const [path, id] of ids) {
    const before = await parents.treeId(path)
    if (before === undefined) session.counts.dirsNew++
    else if (before === id) session.counts.dirsUnmodified++
    else session.counts.dirsChanged++
  }
  const root = ids.get('')
  if (root === undefined) throw new Error('the root was not stored')
  return root
}

/** As new as the newest in it: so it stays the same from one backup to the next as long as they do. */
function unnamedDirectory({ identity, time }: SaveRequest): UnnamedHead {
  const owner = identityOwner(identity)
  return (name, newestNs) => {
    const stats = statsOf('dir', { mode: 0o755, modifiedAt: time }, identity)
    const mtimeNs = newestNs ?? stats.mtimeNs
    return directoryHead(name, { ...stats, mtimeNs, atimeNs: mtimeNs, ctimeNs: mtimeNs }, owner)
  }
}
