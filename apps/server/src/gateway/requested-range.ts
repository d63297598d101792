export interface RequestedRange {
  readonly start: number
  readonly length: number
}

/**
 * The one range that a Range header asks for, within a file of this size. `whole`: there is no header, or it asks for
 * something that may be ignored (several ranges, other units). Undefined: nothing of it lies in the file (416).
 * @see RFC 9110, section 14
 */
export function readRange(header: string | undefined, sizeBytes: number): RequestedRange | 'whole' | undefined {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? []
  if (first === '' && last === '') return 'whole'
  if (first === '') {
    const length = Math.min(Number(last), sizeBytes)
    return length === 0 ? undefined : { start: sizeBytes - length, length }
  }
  const start = Number(first)
  const end = last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1)
  if (last !== '' && Number(last) < start) return 'whole'
  return start >= sizeBytes ? undefined : { start, length: end - start + 1 }
}
