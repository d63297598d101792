import { AppError } from '@holdfast/core/errors/app-error'
import type { BlobIndex } from '../engine/blob-index.ts'
import type { Node } from '../format/node.ts'

/** One blob of a file, where it belongs. */
export interface ContentPart {
  readonly id: string
  /** of the index */
  readonly entry: number
  /** in the file */
  readonly offset: number
  readonly length: number
}

export interface FileContent {
  readonly parts: readonly ContentPart[]
  readonly sizeBytes: number
}

/**
 * The blobs of a file with their offsets. Sizes come from the index, never from the node, which may say anything.
 * @throws AppError REPOSITORY_DAMAGED when there is no list, or a blob is not in the index
 */
export function contentOf(index: BlobIndex, node: Node): FileContent {
  if (node.content === null) throw damaged(node, 'its list of blobs is missing')
  return partsOf(index, node.content, 0)
}

export function partsOf(index: BlobIndex, ids: readonly string[], start: number): FileContent {
  const parts: ContentPart[] = []
  let offset = start
  for (const id of ids) {
    const entry = index.find(id)
    if (entry < 0) throw new AppError('REPOSITORY_DAMAGED', { object: `blob ${id}`, reason: 'it is not in the index' })
    const length = index.plainLengthOf(entry)
    parts.push({ id, entry, offset, length })
    offset += length
  }
  return { parts, sizeBytes: offset - start }
}

/** What is wrong when a node's size is not that of its content. */
export function sizeMismatch(node: Node, content: FileContent): AppError | undefined {
  if (node.size === content.sizeBytes) return undefined
  return damaged(node, `its content has ${content.sizeBytes} bytes, not ${node.size}`)
}

function damaged(node: Node, reason: string): AppError {
  return new AppError('REPOSITORY_DAMAGED', { object: `file ${node.name.toString()}`, reason })
}
