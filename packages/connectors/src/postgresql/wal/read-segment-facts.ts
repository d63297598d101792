import { AppError } from '@holdfast/core/errors/app-error'
import { FactCollector } from './fact-collector.ts'
import { formatLsn, isSegmentSize, parseWalFileName, segmentStart } from './lsn.ts'
import type { SegmentFacts } from './segment-facts.ts'
import { headerBytesOf, parseSegmentHeader, segmentHeaderBytes, walVersion } from './wal-page.ts'
import { WalReader } from './wal-reader.ts'

export interface ReadSegmentOptions {
  /** WAL of any other cluster is refused with POSTGRES_OTHER_CLUSTER */
  readonly systemIdentifier?: string
  /** of the segment before it, so that a record that begins there is read whole */
  readonly previous?: SegmentFacts
}

/**
 * What a segment's file holds that did not come through a follower, such as one archive_command hands over. The name is from
 * outside. Fails with POSTGRES_WAL_UNREADABLE when the content is not what the name says.
 */
export function readSegmentFacts(name: string, bytes: Uint8Array, options: ReadSegmentOptions = {}): SegmentFacts {
  const header = segmentHeaderIn(name, bytes)
  const { segmentBytes } = header
  const file = parseWalFileName(name, segmentBytes)
  if (file?.kind !== 'segment' && file?.kind !== 'partial') throw unreadable(name, 'the name is not one of a segment')
  const isWhole = bytes.length === segmentBytes
  if (bytes.length > segmentBytes || (file.kind === 'segment' && !isWhole)) {
    throw unreadable(name, `it has ${bytes.length} bytes instead of ${segmentBytes}`)
  }
  const { previous, systemIdentifier } = options
  const collector = new FactCollector()
  const startLsn = segmentStart(file.number, segmentBytes)
  const follows = previous?.timeline === file.timeline && previous.endLsn === formatLsn(startLsn)
  const openRecord = follows ? previous.openRecord : undefined
  let damage: string | undefined
  const reader = new WalReader({
    startLsn,
    segmentBytes,
    ...(systemIdentifier === undefined ? {} : { systemIdentifier }),
    ...(openRecord === undefined ? {} : { openRecord }),
    onRecord: (record, endLsn) => collector.add(record, endLsn),
    // Behind the end of a partial segment lies what its file held before it was used again.
    onDamage: (lsn, reason) => {
      if (file.kind === 'segment' || lsn === startLsn) damage ??= `${reason}, at ${formatLsn(lsn)}`
    },
  })
  reader.read(bytes)
  if (damage !== undefined) throw unreadable(name, damage)
  const facts = collector.facts({
    timeline: file.timeline,
    number: file.number,
    segmentBytes,
    sizeBytes: bytes.length,
    systemIdentifier: header.systemIdentifier.toString(),
    openRecord: reader.openRecord(),
  })
  return file.kind === 'partial' ? { ...facts, name, complete: false } : facts
}

function segmentHeaderIn(name: string, bytes: Uint8Array) {
  const page = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, segmentHeaderBytes))
  if (page.length < segmentHeaderBytes) throw unreadable(name, `it has only ${page.length} bytes`)
  const hasHeader = walVersion(page) !== undefined && headerBytesOf(page) === segmentHeaderBytes
  if (!hasHeader) throw unreadable(name, 'it does not begin as WAL of PostgreSQL 13 to 18 does')
  const header = parseSegmentHeader(page)
  if (!isSegmentSize(header.segmentBytes)) throw unreadable(name, `its segments have ${header.segmentBytes} bytes`)
  return header
}

function unreadable(file: string, reason: string): AppError {
  return new AppError('POSTGRES_WAL_UNREADABLE', { file, reason })
}
