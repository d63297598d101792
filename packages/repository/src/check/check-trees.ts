import type { Context } from '@holdfast/core/context'
import type { BlobIndex } from '../engine/blob-index.ts'
import type { Repository } from '../repository.ts'
import type { ListedSnapshot } from '../snapshot/listed-snapshot.ts'
import { EntryBitmap } from '../tree/entry-bitmap.ts'
import type { TreeProblem } from '../tree/inspect-tree.ts'
import { representativeEntry } from '../tree/typed-entry.ts'
import { visitTrees } from '../tree/visit-trees.ts'
import type { ReportFinding } from './finding.ts'

/** Reads every directory of the snapshots, and reports what is damaged or missing in them. */
export async function checkTrees(
  repository: Repository,
  index: BlobIndex,
  snapshots: readonly ListedSnapshot[],
  options: { readonly workers: number; readonly unused: boolean },
  report: ReportFinding,
  ctx: Context,
): Promise<number> {
  const seen = EntryBitmap.create(index.size)
  const roots = new Map(snapshots.map(({ id, snapshot }) => [snapshot.tree, id]))
  const reported = new Set<string>()
  const onProblem = (problem: TreeProblem): void => {
    if (problem.kind === 'tree-missing' || problem.kind === 'blob-missing') {
      // a blob that a thousand files need is one loss
      if (reported.has(problem.id)) return
      reported.add(problem.id)
    }
    reportProblem(problem, roots, report)
  }
  const onProgress = (done: number, total: number): void =>
    ctx.emit({ type: 'check.progressed', stage: 'snapshots', done, total, bytesDone: 0 })
  const visit = { workers: options.workers, onProblem, onProgress }
  const trees = await visitTrees(repository, index, roots.keys(), seen, visit, ctx)
  if (options.unused) reportUnused(index, seen, report)
  return trees
}

function reportProblem(problem: TreeProblem, roots: ReadonlyMap<string, string>, report: ReportFinding): void {
  switch (problem.kind) {
    case 'tree-missing': {
      const { id, name, treeId = '' } = problem
      const root = `it is the root of snapshot ${roots.get(id)?.slice(0, 8) ?? ''}`
      const below = `the directory ${JSON.stringify(name)} in tree ${treeId.slice(0, 8)} needs it`
      return report('tree-missing', id, `${problem.treeId === undefined ? root : below}, but no index names it`)
    }
    case 'blob-missing': {
      const { id, name, treeId } = problem
      const user = `the file ${JSON.stringify(name)} in tree ${treeId.slice(0, 8)} needs it`
      return report('blob-missing', id, `${user}, but no index names it`)
    }
    case 'tree-damaged':
      return report('tree-damaged', problem.treeId, problem.reason)
    case 'node-invalid':
      return report('node-invalid', problem.treeId, `${JSON.stringify(problem.name)}: ${problem.reason}`)
  }
}

function reportUnused(index: BlobIndex, seen: EntryBitmap, report: ReportFinding): void {
  for (let entry = 0; entry < index.size; entry++) {
    if (seen.has(entry) || seen.has(representativeEntry(index, entry))) continue
    const { isTree, packId } = index.place(entry)
    report('blob-unused', index.idOf(entry), `${isTree ? 'tree' : 'data'} blob in pack ${packId.slice(0, 8)}`)
  }
}
