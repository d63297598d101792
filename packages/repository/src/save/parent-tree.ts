import type { BigIntStats } from 'node:fs'
import { isAppError } from '@holdfast/core/errors/app-error'
import type { ExtendedAttribute } from '../format/node.ts'
import { parseTimestamp } from '../format/timestamp.ts'
import type { NodeTimes } from './node-text.ts'
import { type ParentRange, rangeText } from './parent-range.ts'

/** What is used of a node of the parent snapshot. Everything else in it may be missing or strange. */
export interface ParentNode {
  readonly name: string
  readonly type: string
  readonly size?: number
  readonly mtime?: string
  readonly ctime?: string
  readonly inode?: number
  readonly content?: readonly string[] | null
  readonly subtree?: string
  readonly extended_attributes?: readonly { readonly name: string; readonly value: string | null }[]
}

/** A directory of the parent snapshot, by the JSON text of the names. */
export interface ParentTree {
  find(nameText: string): ParentNode | undefined
}

/** Parsing a tree takes several times its size. Larger ones are cut for batches, unless most of the directory is gone. */
const parsedWholeBytes = 128 << 20

const noParent: ParentTree = { find: () => undefined }

/** Reads the bytes of a tree, which are valid until something else is read; undefined when that is not possible. */
export type ReadParentTree = (id: string) => Buffer | undefined

/**
 * Reads a tree of the parent snapshot in a worker. A tree that cannot be read costs only the comparison: the directory is
 * then read in full, which also mends it.
 */
export function readParentTree(read: ReadParentTree | undefined, id: string | undefined): ParentTree {
  const bytes = readTreeBytes(read, id)
  return bytes === undefined || bytes.length > parsedWholeBytes ? noParent : parseParentTree(bytes.toString('utf8'))
}

/** The bytes of a tree, valid until something else is read; undefined when there is none that can be read. */
export function readTreeBytes(read: ReadParentTree | undefined, id: string | undefined): Buffer | undefined {
  if (id === undefined || read === undefined) return undefined
  try {
    return read(id)
  } catch (error) {
    if (!isAppError(error) || error.code === 'INTERRUPTED') throw error
    return undefined
  }
}

/** The part of a tree that belongs to a batch of a large directory. */
export function parentOfBatch(range: ParentRange | undefined): ParentTree {
  return range === undefined ? noParent : parseParentTree(rangeText(range))
}

/** The same for a tree that was read already. */
export function parseParentTree(text: string): ParentTree {
  const nodes = new Map<string, ParentNode>()
  for (const node of nodesOf(text)) nodes.set(node.name, node)
  return {
    find: (nameText) => nodes.get(nameText.includes('\\') ? decoded(nameText) : nameText.slice(1, -1)),
  }
}

function decoded(nameText: string): string {
  // boundary: nameText was made by quoteName and is a JSON string
  return JSON.parse(nameText) as string
}

function nodesOf(text: string): ParentNode[] {
  try {
    // boundary: only fields whose type is checked at use are taken from it
    const { nodes } = JSON.parse(text) as { nodes?: unknown }
    return Array.isArray(nodes) ? nodes.filter(isParentNode) : []
  } catch {
    return []
  }
}

function isParentNode(node: unknown): node is ParentNode {
  if (typeof node !== 'object' || node === null) return false
  const { name, type, content, subtree } = node as Record<string, unknown>
  const contentIsSound = content === undefined || content === null || (Array.isArray(content) && content.every(isId))
  return (
    typeof name === 'string' && typeof type === 'string' && contentIsSound && (subtree === undefined || isId(subtree))
  )
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value.length === 64
}

/** restic's rule: same size, mtime, ctime and inode mean the same content; ctime and inode can be left out of it. */
export function isUnchanged(
  node: ParentNode,
  stats: BigIntStats,
  times: NodeTimes,
  rule: { readonly ignoreCtime: boolean; readonly ignoreInode: boolean },
): boolean {
  if (node.type !== 'file' || (node.size ?? 0) !== Number(stats.size)) return false
  if (!sameTime(node.mtime, times.mtime)) return false
  if (!rule.ignoreCtime && !rule.ignoreInode && !sameTime(node.ctime, times.ctime)) return false
  return rule.ignoreInode || (node.inode ?? 0) === Number(stats.ino)
}

/** The same instant may have been written in another zone. */
export function sameTime(stored: string | undefined, current: string): boolean {
  if (stored === undefined) return false
  if (stored === current) return true
  const before = parseTimestamp(stored)
  return before !== undefined && before.ns === parseTimestamp(current)?.ns
}

/** The attributes of a file whose inode has not changed since. */
export function knownAttributes(node: ParentNode): ExtendedAttribute[] {
  return (node.extended_attributes ?? []).map(({ name, value }) => ({
    name: Buffer.from(name),
    value: Buffer.from(value ?? '', 'base64'),
  }))
}
