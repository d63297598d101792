import { isFileName } from '../layout.ts'
import { createArraySplitter, MalformedListing } from './json-array.ts'

/** A file of a listing; version 1 of the protocol gives no sizes. */
export interface ListedFile {
  readonly name: string
  readonly sizeBytes?: number
}

export const listingType = 'application/vnd.x.restic.rest.v2'

/**
 * Parses the reply to a listing as it arrives: `[{"name":…,"size":…}]` (protocol version 2) or `["name"]` (version 1).
 * Names that are not a repository's are skipped; anything else unexpected throws MalformedListing.
 */
export function createListingParser(): { add(piece: Uint8Array): void; end(): ListedFile[] } {
  const files: ListedFile[] = []
  const decoder = new TextDecoder()
  const splitter = createArraySplitter((text) => {
    const file = parseElement(text)
    if (isFileName(file.name)) files.push(file)
  })
  return {
    add: (piece) => splitter.add(decoder.decode(piece, { stream: true })),
    end: () => {
      splitter.add(decoder.decode())
      splitter.end()
      return files
    },
  }
}

function parseElement(text: string): ListedFile {
  const value = parseJson(text)
  if (typeof value === 'string') return { name: value }
  if (typeof value !== 'object' || value === null || !('name' in value) || typeof value.name !== 'string') {
    throw new MalformedListing('an element has no name')
  }
  const { name } = value
  if (!('size' in value)) return { name }
  const { size } = value
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw new MalformedListing(`the size of ${JSON.stringify(name)} is not a number of bytes`)
  }
  return { name, sizeBytes: size }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new MalformedListing('it is not JSON')
  }
}
