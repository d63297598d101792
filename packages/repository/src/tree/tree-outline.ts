import { isHexId, isJsonObject, type JsonObject } from '../format/json-fields.ts'
import { readTree } from '../format/tree.ts'

/** What a walk needs of a node. */
export interface NodeOutline {
  /** for people */
  readonly name: string
  readonly type: string
  readonly content: readonly string[] | null
  readonly subtree?: string
}

/** Above this a tree is read piece by piece. */
const wholeBytes = 8 << 20

/**
 * The same judgement as `parseTree`, but without making nodes: whether a tree is sound, and what it refers to. Most nodes
 * have a plain shape that can be tested field by field at a fraction of the cost; a tree with any other node is read in
 * full.
 * @throws AppError REPOSITORY_DAMAGED
 */
export function outlineTree(bytes: Buffer, treeId: string): readonly NodeOutline[] {
  return outlinePlain(bytes) ?? [...outlineFully(bytes, treeId)]
}

function* outlineFully(bytes: Buffer, treeId: string): Generator<NodeOutline> {
  for (const { name, type, content, subtree } of readTree(bytes, treeId)) {
    yield { name: name.toString(), type, content, ...(subtree === undefined ? {} : { subtree }) }
  }
}

/** Undefined when something is not plain, be it damaged or only unusual. */
function outlinePlain(bytes: Buffer): readonly NodeOutline[] | undefined {
  if (bytes.length > wholeBytes) return undefined
  const nodes = nodesOf(bytes)
  if (nodes === undefined) return undefined
  const outlines: NodeOutline[] = []
  let previous: string | undefined
  for (const raw of nodes) {
    const outline = isJsonObject(raw) ? outlinePlainNode(raw) : undefined
    if (outline === undefined) return undefined
    if (previous !== undefined && !precedes(previous, outline.name)) return undefined
    previous = outline.name
    outlines.push(outline)
  }
  return outlines
}

function nodesOf(bytes: Buffer): readonly unknown[] | undefined {
  try {
    const tree: unknown = JSON.parse(bytes.toString('utf8'))
    const nodes = isJsonObject(tree) ? tree['nodes'] : undefined
    return Array.isArray(nodes) ? nodes : undefined
  } catch {
    // the reading in full says what is wrong
    return undefined
  }
}

const plainName = /^[^\\"/\0\n]+$/
// a day up to the 28th exists in every month
const plainTime =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)$/
const fullTime = /^\d{4}-\d\d-\d\dT/
const base64 = /^(?:[A-Za-z0-9+/]{4})*$/
const unusualKeys = ['linktarget_raw', 'generic_attributes'] as const
const timeKeys = ['mtime', 'atime', 'ctime'] as const
const textKeys = ['user', 'group', 'linktarget', 'error'] as const
const shortKeys = ['mode', 'uid', 'gid'] as const
const numberKeys = ['inode', 'device_id', 'size', 'links', 'device'] as const

function outlinePlainNode(raw: JsonObject): NodeOutline | undefined {
  const { name, type, content, subtree } = raw
  if (typeof name !== 'string' || typeof type !== 'string') return undefined
  if (!plainName.test(name) || name === '.' || name === '..') return undefined
  if (unusualKeys.some((key) => raw[key] !== undefined)) return undefined
  if (!timeKeys.every((key) => isPlainTime(raw[key]))) return undefined
  if (!textKeys.every((key) => raw[key] === undefined || typeof raw[key] === 'string')) return undefined
  if (!shortKeys.every((key) => isPlainNumber(raw[key], 0xffffffff))) return undefined
  if (!numberKeys.every((key) => isPlainNumber(raw[key], Number.MAX_SAFE_INTEGER))) return undefined
  if (!arePlainAttributes(raw['extended_attributes'])) return undefined
  if (subtree !== undefined && !isHexId(subtree)) return undefined
  const ids = content === null || content === undefined ? null : plainIds(content)
  if (ids === undefined) return undefined
  return { name, type, content: ids, ...(subtree === undefined ? {} : { subtree }) }
}

function isPlainTime(value: unknown): boolean {
  return value === undefined || (typeof value === 'string' && (plainTime.test(value) || isLateTime(value)))
}

/** The last days of a month: asked of Date. */
function isLateTime(text: string): boolean {
  if (!fullTime.test(text) || !plainTime.test(`${text.slice(0, 8)}01${text.slice(10)}`)) return false
  const day = new Date(`${text.slice(0, 10)}T00:00:00Z`)
  return !Number.isNaN(day.getTime()) && day.toISOString().slice(0, 10) === text.slice(0, 10)
}

function isPlainNumber(value: unknown, max: number): boolean {
  return value === undefined || (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= max)
}

function arePlainAttributes(value: unknown): boolean {
  if (value === undefined) return true
  return Array.isArray(value) && value.every((item) => isJsonObject(item) && isPlainAttribute(item))
}

function isPlainAttribute({ name, value }: JsonObject): boolean {
  // an unpadded value is told from a damaged one by reading in full
  return typeof name === 'string' && typeof value === 'string' && base64.test(value)
}

function plainIds(content: unknown): readonly string[] | undefined {
  if (!Array.isArray(content)) return undefined
  const list: unknown[] = content
  return list.every(isHexId) ? list : undefined
}

/** Byte order; strings of ASCII compare the same way as their bytes. */
function precedes(a: string, b: string): boolean {
  return isAscii(a) && isAscii(b) ? a < b : Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0
}

function isAscii(text: string): boolean {
  // eslint-disable-next-line no-control-regex
  return /^[\0-\x7f]*$/.test(text)
}
