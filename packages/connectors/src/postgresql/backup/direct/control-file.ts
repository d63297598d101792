import { crc32c } from '../../crc32c.ts'

/** What is read from global/pg_control. Source: src/include/catalog/pg_control.h. */
export interface ControlFile {
  readonly systemIdentifier: string
  /** "202209061", in the names of tablespaces' directories */
  readonly catalogVersion: number
}

/** The data ends with its checksum, at a place that differs between versions; the rest of the file is zeros. */
const firstChecksumAt = 200
const lastChecksumAt = 500

/** Undefined when the checksum does not fit: the file is damaged, or was read while the server wrote it. */
export function parseControlFile(bytes: Uint8Array): ControlFile | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let crc = crc32c(bytes.subarray(0, firstChecksumAt))
  for (let at = firstChecksumAt; at <= lastChecksumAt && at + 4 <= bytes.length; at += 4) {
    if (view.getUint32(at, true) === crc) {
      return {
        systemIdentifier: view.getBigUint64(0, true).toString(),
        catalogVersion: view.getUint32(12, true),
      }
    }
    crc = crc32c(bytes.subarray(at, at + 4), crc)
  }
  return undefined
}
