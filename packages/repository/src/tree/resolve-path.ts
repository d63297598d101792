import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Node } from '../format/node.ts'
import type { TreeSource } from './tree-source.ts'

export interface ResolvedPath {
  /** raw bytes, absolute and without superfluous separators: "/srv/app" */
  readonly path: Buffer
  /** absent for the root */
  readonly node?: Node
  /** the tree, when the path is a directory */
  readonly treeId?: string
}

/**
 * What lies at a path inside a snapshot. Separators may be doubled or trailing, "." is skipped; ".." is looked for as a
 * name, and so never found.
 * @param snapshot how the snapshot is called in errors
 * @throws AppError PATH_UNKNOWN, REPOSITORY_DAMAGED, STORAGE_…
 */
export async function resolvePath(
  trees: TreeSource,
  rootTreeId: string,
  path: string | Buffer,
  snapshot: string,
  ctx: Context,
): Promise<ResolvedPath> {
  const components = splitPath(path)
  let found: ResolvedPath = { path: Buffer.from('/'), treeId: rootTreeId }
  let sofar = ''
  for (const component of components) {
    const nodes = found.treeId === undefined ? [] : await trees.read(found.treeId, ctx)
    const node = findNode(nodes, component)
    if (node === undefined) throw new AppError('PATH_UNKNOWN', { path: path.toString(), snapshot })
    sofar += `/${component.toString('latin1')}`
    found = {
      path: Buffer.from(sofar, 'latin1'),
      node,
      ...(node.type !== 'dir' || node.subtree === undefined ? {} : { treeId: node.subtree }),
    }
  }
  return found
}

/** The names that a path consists of. */
export function splitPath(path: string | Buffer): Buffer[] {
  const bytes = typeof path === 'string' ? Buffer.from(path) : path
  return bytes
    .toString('latin1')
    .split('/')
    .filter((component) => component !== '' && component !== '.')
    .map((component) => Buffer.from(component, 'latin1'))
}

/** Binary search: the nodes of a tree are in byte order of their names. */
function findNode(nodes: readonly Node[], name: Buffer): Node | undefined {
  let low = 0
  let high = nodes.length
  while (low < high) {
    const middle = (low + high) >> 1
    const node = nodes[middle]
    if (node === undefined) return undefined
    const order = Buffer.compare(node.name, name)
    if (order === 0) return node
    if (order < 0) low = middle + 1
    else high = middle
  }
  return undefined
}
