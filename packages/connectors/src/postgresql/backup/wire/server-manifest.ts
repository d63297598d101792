import { createHash } from 'node:crypto'
import { ManifestFields } from '../../../manifest/manifest-fields.ts'

/** The server's own list of what it sent, `backup_manifest`. Source: PostgreSQL documentation, "Backup Manifest Format". */
export interface ServerManifest {
  /** from PostgreSQL 17 on */
  readonly systemIdentifier?: string
  /** by path below the data directory */
  readonly files: ReadonlyMap<string, ManifestFile>
}

export interface ManifestFile {
  readonly sizeBytes: number
  /** CRC-32C; undefined when the list has none */
  readonly crc?: number
}

export const serverManifestName = 'backup_manifest'

/** Names that are not UTF-8 are in the list in hexadecimal; here they have this in front, and the digits behind. */
export const encodedPathPrefix = 'hex:'

const checksumKey = '"Manifest-Checksum"'

/** Fails with BACKUP_MANIFEST_INVALID when it is damaged: it ends with the SHA-256 of all that is before. */
export function parseServerManifest(bytes: Uint8Array): ServerManifest {
  const fields = ManifestFields.parse(bytes, serverManifestName)
  const version = fields.integer('PostgreSQL-Backup-Manifest-Version')
  if (version !== 1 && version !== 2) throw fields.invalid(`its version is ${version}, and 1 and 2 are known`)
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const end = text.lastIndexOf(`\n${checksumKey}`) + 1
  const sum = createHash('sha256').update(text.subarray(0, end)).digest('hex')
  if (end === 0 || fields.text('Manifest-Checksum') !== sum) throw fields.invalid('its own checksum does not fit')
  // A number of 64 bits, which JSON.parse would round.
  const head = text.subarray(0, 1000).toString('latin1')
  const systemIdentifier = /^"System-Identifier": (\d+),$/m.exec(head)?.[1]
  return { files: readFiles(fields), ...(systemIdentifier === undefined ? {} : { systemIdentifier }) }
}

function readFiles(fields: ManifestFields): Map<string, ManifestFile> {
  const files = new Map<string, ManifestFile>()
  for (const file of fields.list('Files')) {
    const encoded = file.optionalText('Encoded-Path')
    const path = encoded === undefined ? file.text('Path') : encodedPathPrefix + encoded
    if (files.has(path)) throw fields.invalid(`it lists ${JSON.stringify(path)} twice`)
    files.set(path, { sizeBytes: file.integer('Size'), ...checksumOf(file) })
  }
  return files
}

function checksumOf(file: ManifestFields): { crc?: number } {
  if (!file.has('Checksum')) return {}
  file.oneOf('Checksum-Algorithm', ['CRC32C'])
  const hex = file.text('Checksum')
  if (!/^[0-9a-f]{8}$/.test(hex)) throw file.invalid('Checksum is not eight hexadecimal digits')
  // The server writes the bytes of the sum as they lie in its memory, the lowest first.
  return { crc: Buffer.from(hex, 'hex').readUInt32LE() }
}

/**
 * What does not fit between the server's list and what came, as one sentence; undefined when all fits. WAL is not in the
 * list: it is sent so that the backup can start, and carries checksums of its own.
 */
export function compareWithManifest(
  manifest: ServerManifest,
  received: ReadonlyMap<string, ManifestFile>,
): string | undefined {
  for (const [path, listed] of manifest.files) {
    const found = received.get(path)
    if (found === undefined) return `the file ${path} is in the server's manifest and did not come`
    if (found.sizeBytes !== listed.sizeBytes) {
      return `the file ${path} has ${found.sizeBytes} bytes, and ${listed.sizeBytes} in the server's manifest`
    }
    if (listed.crc !== undefined && listed.crc !== found.crc)
      return `the content of ${path} is not what the server read: its checksum differs`
  }
  for (const path of received.keys()) {
    if (!manifest.files.has(path) && !path.startsWith('pg_wal/')) {
      return `the file ${path} came and is not in the server's manifest`
    }
  }
  return undefined
}
