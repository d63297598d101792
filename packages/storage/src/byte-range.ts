import { AppError } from '@holdfast/core/errors/app-error'
import type { ByteRange, FileId } from './backend.ts'
import { flatPath } from './layout.ts'

/** A range with both ends known, in bytes. */
export interface ResolvedRange {
  readonly start: number
  readonly length: number
}

/** Places a range in a file of known size. Fails with STORAGE_DAMAGED when the file has fewer bytes than are asked for. */
export function resolveRange(
  range: ByteRange | undefined,
  sizeBytes: number,
  file: FileId,
  location: string,
): ResolvedRange {
  if (range === undefined) return { start: 0, length: sizeBytes }
  const start = range.offset < 0 ? sizeBytes + range.offset : range.offset
  const length = range.length ?? sizeBytes - start
  if (start < 0 || length < 0 || start + length > sizeBytes) {
    const wanted = `${range.length === undefined ? 'the bytes' : `${range.length} bytes`} from ${range.offset}`
    throw damaged(file, location, `it has ${sizeBytes} bytes, ${wanted} were wanted`)
  }
  return { start, length }
}

export function damaged(file: FileId, location: string, reason: string): AppError<'STORAGE_DAMAGED'> {
  return new AppError('STORAGE_DAMAGED', { file: flatPath(file), location, reason })
}
