import { AppError } from '@holdfast/core/errors/app-error'

/** A file whose presence excludes everything beside it; with a header only if it begins with that. */
export interface Marker {
  readonly name: string
  readonly header: string
}

/** Directories of caches, marked as the Cache Directory Tagging Specification says. */
export const cacheDirectoryMarker: Marker = {
  name: 'CACHEDIR.TAG',
  header: 'Signature: 8a477f597d28d172789f06886806bc55',
}

/** Parses `name[:header]`; the header may hold further colons. Throws ARGUMENT_INVALID without a name. */
export function parseMarker(text: string): Marker {
  const colon = text.indexOf(':')
  const name = colon < 0 ? text : text.slice(0, colon)
  const invalid = (reason: string) =>
    new AppError('ARGUMENT_INVALID', { name: '--exclude-if-present', value: text, reason })
  if (name === '') throw invalid('the file name is missing (form: name or name:header)')
  if (name.includes('/')) throw invalid('a file name, not a path, is needed')
  return { name, header: colon < 0 ? '' : text.slice(colon + 1) }
}

/**
 * Whether a directory that holds a file of the marker's name is excluded by it. `readStart` returns up to `sizeBytes`
 * bytes from the start of that file; it throws, or returns fewer, when it cannot, and then nothing is excluded:
 * better too much in a backup than too little.
 */
export function markerHolds(marker: Marker, readStart: (sizeBytes: number) => Uint8Array): boolean {
  if (marker.header === '') return true
  const expected = Buffer.from(marker.header)
  try {
    return expected.equals(readStart(expected.length))
  } catch {
    return false
  }
}
