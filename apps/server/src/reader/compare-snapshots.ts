import type { Context } from '@holdfast/core/context'
import { quotePath } from '@holdfast/core/text/quoted-path'
import { diffSnapshots, type DiffSide } from '@holdfast/repository/browse/diff-snapshots'
import type { ListedSnapshot } from '@holdfast/repository/snapshot/listed-snapshot'
import type { HeldSnapshot } from './held-repositories.ts'
import type { ComparedSide, Comparison } from './reader-question.ts'

/** What is different in a later snapshot; only the first changes are named, all are counted. */
export async function compareSnapshots(
  before: HeldSnapshot,
  after: ListedSnapshot,
  limit: number,
  ctx: Context,
): Promise<Comparison> {
  const { repository, index, trees } = before.opened
  const changes: { readonly change: string; readonly path: string }[] = []
  let total = 0
  const onChange = ({ modifier, path }: { readonly modifier: string; readonly path: Buffer }): void => {
    total += 1
    if (changes.length < limit) changes.push({ change: modifier, path: quotePath(path) })
  }
  const both = [before.listed.snapshot.tree, after.snapshot.tree] as const
  const { changedFiles, added, removed } = await diffSnapshots(repository, index, trees, ...both, { onChange }, ctx)
  return { changes, total, changedFiles, added: sideOf(added), removed: sideOf(removed) }
}

function sideOf({ files, dirs, others, bytes }: DiffSide): ComparedSide {
  return { files, directories: dirs, others, bytes }
}
