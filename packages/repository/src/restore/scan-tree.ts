import { AppError } from '@holdfast/core/errors/app-error'
import type { Node } from '../format/node.ts'
import { readNodes, useTree } from './read-nodes.ts'
import type { ScanTask } from './restore-protocol.ts'
import type { RestoreThread } from './restore-thread.ts'
import { statEntry } from './target-entry.ts'
import { childPath } from './target-path.ts'

export interface ScanFindings {
  readonly tasks: ScanTask[]
  files: number
  bytes: number
}

/**
 * Counts what a directory holds. Names and metadata are passed over: a quote inside a JSON string is always escaped, so a
 * key in its place after `{` or `,` cannot be part of a name.
 */
function scanTree(thread: RestoreThread, task: ScanTask, findings: ScanFindings): void {
  const text = useTree(thread, task.tree, (bytes) => bytes.toString('latin1'))
  for (const [, type, size, links, subtree] of text.matchAll(countedKeys)) {
    if (type !== undefined) findings.files++
    else if (size !== undefined) findings.bytes += Math.floor(Number(size) / Math.max(1, Number(links ?? 1)))
    else if (subtree !== undefined) findings.tasks.push({ ...task, tree: subtree })
  }
}

const countedKeys = /[{,]"(?:type":"(file)"|size":(\d{1,15})(?:,"links":(\d{1,9}))?(?=[,}])|subtree":"([0-9a-f]{64})")/g

/** The same with filters; with `statTargets` only what is not in the target yet counts. */
function scanSelected(thread: RestoreThread, task: ScanTask, statTargets: boolean, findings: ScanFindings): void {
  for (const node of readNodes(thread, task.tree)) {
    const name = node.name.toString('latin1')
    const location = childPath(task.location, name)
    const path = childPath(task.path, name)
    const { selected, childrenMayBe } = thread.selection.test(location)
    if (node.type === 'dir' && childrenMayBe && node.subtree !== undefined) {
      findings.tasks.push({ tree: node.subtree, path, location })
    } else if (node.type === 'file' && selected) {
      findings.files++
      findings.bytes += statTargets ? missingBytes(thread, node, path) : Math.floor(node.size / Math.max(1, node.links))
    }
  }
}

/** At least this much of a file is still to be written: by the sizes of its blobs, since the node may claim anything. */
function missingBytes(thread: RestoreThread, node: Node, path: string): number {
  let sizeBytes = 0
  for (const id of node.content ?? []) {
    const entry = thread.index.find(id)
    if (entry >= 0) sizeBytes += thread.index.plainLengthOf(entry)
  }
  const there = Number(statEntry(path)?.blocks ?? 0n) * 512
  return Math.max(0, Math.floor(sizeBytes / Math.max(1, node.links)) - there)
}

/** Damage is reported when the directory is restored. */
export function scanTask(thread: RestoreThread, task: ScanTask, statTargets: boolean, findings: ScanFindings): void {
  try {
    if (thread.selection.isEverything && !statTargets) scanTree(thread, task, findings)
    else scanSelected(thread, task, statTargets, findings)
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'INTERRUPTED') throw error
  }
}
