import { isAppError } from '@holdfast/core/errors/app-error'
import type { BlobIndex } from '../engine/blob-index.ts'
import { outlineTree, type NodeOutline } from './tree-outline.ts'
import { findTypedEntry } from './typed-entry.ts'

/** Something wrong with a directory of a snapshot. `treeId` is the directory it was found in. */
export type TreeProblem =
  /** `treeId` absent: a snapshot's root */
  | { readonly kind: 'tree-missing'; readonly id: string; readonly treeId?: string; readonly name?: string }
  | { readonly kind: 'tree-damaged'; readonly treeId: string; readonly reason: string }
  | { readonly kind: 'node-invalid'; readonly treeId: string; readonly name: string; readonly reason: string }
  | { readonly kind: 'blob-missing'; readonly id: string; readonly treeId: string; readonly name: string }

/** What is told about a tree while it is inspected; called often, so nothing is allocated for sound trees. */
export interface TreeVisitor {
  /** the index entry of a data blob that the tree refers to */
  data(entry: number): void
  /** the index entry of a directory in the tree */
  subtree(entry: number): void
  problem(problem: TreeProblem): void
}

/** Reads a tree's content, looks up everything it refers to, and reports what is wrong with it (A15 of the format). */
export function inspectTree(bytes: Buffer, treeId: string, index: BlobIndex, visitor: TreeVisitor): void {
  let nodes: readonly NodeOutline[]
  try {
    nodes = outlineTree(bytes, treeId)
  } catch (error) {
    if (!isAppError(error, 'REPOSITORY_DAMAGED')) throw error
    visitor.problem({ kind: 'tree-damaged', treeId, reason: error.message })
    return
  }
  for (const node of nodes) inspectNode(node, treeId, index, visitor)
}

function inspectNode(node: NodeOutline, treeId: string, index: BlobIndex, visitor: TreeVisitor): void {
  const { name, type, content, subtree } = node
  const invalid = (reason: string): void => visitor.problem({ kind: 'node-invalid', treeId, name, reason })
  if (!knownTypes.has(type)) invalid(`it has the unknown type ${JSON.stringify(type)}`)
  if (type === 'file' && content === null) invalid('the file has no list of content')
  if (type === 'dir' && subtree === undefined) invalid('the directory has no tree')
  if (subtree === nullId) invalid('the directory has an empty id')
  for (const id of content ?? []) {
    const entry = findTypedEntry(index, id, false)
    if (entry >= 0) visitor.data(entry)
    else if (id === nullId) invalid('its content has an empty id')
    else visitor.problem({ kind: 'blob-missing', id, treeId, name })
  }
  if (subtree === undefined || subtree === nullId) return
  const entry = findTypedEntry(index, subtree, true)
  if (entry >= 0) visitor.subtree(entry)
  else visitor.problem({ kind: 'tree-missing', id: subtree, treeId, name })
}

const nullId = '0'.repeat(64)

const knownTypes: ReadonlySet<string> = new Set([
  'file',
  'dir',
  'symlink',
  'dev',
  'chardev',
  'fifo',
  'socket',
  'irregular',
])
