import { join } from 'node:path'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { RestoreOrder } from '@holdfast/core/restore/restore-order'
import { quotePath, unquotePath } from '@holdfast/core/text/quoted-path'
import { type ArchivedNeed, describeArchived, findArchivedPacks } from '@holdfast/repository/archive/archived-packs'
import { decodeLossless } from '@holdfast/repository/filter/byte-text'
import { checkSpace, checkTarget } from '@holdfast/repository/restore/check-target'
import type { ListedSnapshot } from '@holdfast/repository/snapshot/listed-snapshot'
import { type OpenedTrees, openTrees } from '@holdfast/repository/tree/open-trees'
import { resolvePath } from '@holdfast/repository/tree/resolve-path'
import { chooseSnapshot, timeOf } from './choose-snapshot.ts'
import { countFiles, type FileCount } from './count-files.ts'
import { executeFilesRestore } from './execute-files-restore.ts'
import type { RestorePlan, RestoreSurroundings } from './restore-plan.ts'
import { type FilesPart, plainRestore } from './files-part.ts'
import { allowedOriginal, allowedPlace } from './restore-place.ts'

/**
 * Plans the restore of files to a directory, or to where they came from. `notes`: what is to be said of it beside. Fails
 * with SNAPSHOT_…, PATH_UNKNOWN, RESTORE_…, TARGET_NOT_EMPTY, TARGET_UNUSABLE.
 */
export async function planFilesRestore(
  order: RestoreOrder,
  given: RestoreSurroundings,
  notes: readonly string[],
  ctx: Context,
): Promise<RestorePlan> {
  const { repository, source } = given
  const snapshot = await chooseSnapshot(order, given, ctx)
  const opened = await openTrees(repository, ctx)
  const place = await placeOf(order, snapshot, opened, given, ctx)
  const { parts, target, isReplacing } = place
  const { summary } = snapshot.snapshot
  const isWhole = order.paths === undefined && order.to.type === 'directory' && !isReplacing
  const counted: FileCount =
    isWhole && summary !== undefined
      ? { files: summary.totalFilesProcessed, bytes: summary.totalBytesProcessed, existing: 0 }
      : await countFiles(opened, parts, isReplacing, ctx)
  const [freeBytes] = parts.map((part) => checkPart(part, counted.bytes, isReplacing))
  const need = await findArchivedPacks(
    repository,
    parts.map(({ tree, include }) => ({ tree, ...(include === undefined ? {} : { include: [{ lines: include }] }) })),
    ctx,
  )
  const confirmation = isReplacing ? { confirmation: order.to.type === 'original' ? source.name : target } : {}
  return {
    view: {
      order: { ...order, repository: given.repositoryName, snapshot: snapshot.id },
      kind: 'files',
      snapshot: snapshot.id,
      snapshotTime: timeOf(snapshot).toISOString(),
      state: timeOf(snapshot).toISOString(),
      target,
      files: counted.files,
      bytes: counted.bytes,
      logBytes: 0,
      ...(freeBytes === undefined ? {} : { freeBytes }),
      overwrites: counted.existing,
      warnings: [...notes, ...archivedNote(need)],
      role: isReplacing ? 'admin' : 'operator',
      ...confirmation,
    },
    execute: (own) => executeFilesRestore({ parts, isReplacing, target, need, bytes: counted.bytes }, given, own),
  }
}

export function archivedNote(need: ArchivedNeed): string[] {
  return need.packs.length === 0 ? [] : [`cannot be read before it was brought back: ${describeArchived(need)}`]
}

interface FilesPlace {
  readonly parts: readonly FilesPart[]
  readonly target: string
  readonly isReplacing: boolean
}

async function placeOf(
  order: RestoreOrder,
  listed: ListedSnapshot,
  opened: OpenedTrees,
  { config, source }: RestoreSurroundings,
  ctx: Context,
): Promise<FilesPlace> {
  const { to } = order
  const shown = listed.id.slice(0, 8)
  const { tree } = listed.snapshot
  if (to.type === 'directory') {
    const target = await allowedPlace(to.path, config.server)
    const include = await Promise.all(
      (order.paths ?? []).map(async (path) =>
        patternOf((await resolvePath(opened.trees, tree, bytesOf(path), shown, ctx)).path),
      ),
    )
    const { isEmpty } = checkTarget({ target, delete: plainRestore.delete })
    if (!isEmpty && to.existing === 'refuse') throw new AppError('TARGET_NOT_EMPTY', { target })
    const part = { tree, target, ...(include.length === 0 ? {} : { include }) }
    return { parts: [isEmpty ? part : { ...part, replaced: target }], target, isReplacing: !isEmpty }
  }
  const { workload } = source
  if (to.type !== 'original' || workload.type !== 'files') {
    const advice = 'Restore it to a directory.'
    throw new AppError('RESTORE_UNSUITABLE', { source: source.name, reason: 'it has no place of its own', advice })
  }
  const parts: FilesPart[] = []
  for (const path of order.paths ?? workload.paths) {
    parts.push(await originalPart(path, { tree, shown, opened, own: workload.paths }, config.server, ctx))
  }
  return { parts, target: parts.map(({ replaced = '' }) => replaced).join(', '), isReplacing: true }
}

interface OriginalTree {
  readonly tree: string
  /** of the snapshot, in errors */
  readonly shown: string
  readonly opened: OpenedTrees
  /** what the source is configured to hold: a snapshot may say what it wants */
  readonly own: readonly string[]
}

async function originalPart(
  path: string,
  { tree, shown, opened, own }: OriginalTree,
  places: RestoreSurroundings['config']['server'],
  ctx: Context,
): Promise<FilesPart> {
  const found = await resolvePath(opened.trees, tree, bytesOf(path), shown, ctx)
  const text = quotePath(found.path)
  const target = found.path.toString()
  const isOwn = own.some((each) => target === join(each) || target.startsWith(join(each, '/')))
  if (!isOwn || text.includes('\\')) {
    const reason = isOwn ? 'its name is not plain text' : 'the source is not configured to hold it'
    throw new AppError('RESTORE_TARGET_FORBIDDEN', { target: text, reason, allowed: own.join(', ') })
  }
  if (found.treeId !== undefined) {
    const place = await allowedOriginal(target, places)
    return { tree: found.treeId, target: place, replaced: place }
  }
  const directory = join(target, '..')
  const parent = await resolvePath(opened.trees, tree, directory, shown, ctx)
  const name = patternOf(found.path.subarray(directory === '/' ? 0 : Buffer.byteLength(directory)))
  const place = await allowedOriginal(directory, places)
  return { tree: parent.treeId ?? '', target: place, include: [name], replaced: target }
}

/** Free space there. */
function checkPart({ target }: FilesPart, bytes: number, isReplacing: boolean): number {
  const checked = checkTarget({ target, delete: plainRestore.delete })
  // what is replaced needs room only for what differs, which is not known yet
  if (!isReplacing) checkSpace(checked, bytes)
  return checked.freeBytes
}

function bytesOf(path: string): Buffer {
  return unquotePath(path) ?? Buffer.from(path)
}

/** Matches just this path, and what is below it. */
function patternOf(path: Uint8Array): string {
  return decodeLossless(path).replaceAll(/[\\*?[\]]/g, (character) => `\\${character}`)
}
