import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { PostgresConnection } from '../connection/connection.ts'
import { isSegmentSize, type Lsn, parseLsn } from './lsn.ts'
import { parseTimelineHistory, type TimelineHistory } from './timeline-history.ts'

export interface ServerIdentity {
  readonly systemIdentifier: string
  readonly segmentBytes: number
  readonly timeline: number
  /** up to here its WAL is on disk */
  readonly lsn: Lsn
  /** undefined on timeline 1, and when somebody removed the file */
  readonly history: TimelineHistory | undefined
  readonly historyText: string
}

/**
 * Asks a replication session which cluster it is of and where its WAL is. `expected`: the cluster it must be; fails with
 * POSTGRES_OTHER_CLUSTER.
 */
export async function identifyServer(
  connection: PostgresConnection,
  expected: string | undefined,
  ctx: Context,
): Promise<ServerIdentity> {
  const [system] = await connection.query('IDENTIFY_SYSTEM', ctx)
  const [found, timelineText, position] = system?.rows[0] ?? []
  const lsn = parseLsn(position ?? '')
  const timeline = Number(timelineText)
  const [size] = await connection.query('SHOW wal_segment_size', ctx)
  const segmentBytes = segmentSize(size?.rows[0]?.[0] ?? '')
  if (found === null || found === undefined || lsn === undefined || !(timeline >= 1) || segmentBytes === undefined) {
    const reason = 'the answer to IDENTIFY_SYSTEM or SHOW wal_segment_size is not understood'
    throw new AppError('POSTGRES_PROTOCOL_VIOLATED', { host: connection.host, reason })
  }
  if (expected !== undefined && found !== expected) {
    throw new AppError('POSTGRES_OTHER_CLUSTER', { what: `the server at ${connection.host}`, found, expected })
  }
  const historyText = timeline === 1 ? '' : await readTimelineHistory(connection, timeline, ctx)
  const history = timeline === 1 ? undefined : parseTimelineHistory(timeline, historyText)
  return { systemIdentifier: found, segmentBytes, timeline, lsn, history, historyText }
}

/** The content of a timeline's history file. */
export async function readTimelineHistory(
  connection: PostgresConnection,
  timeline: number,
  ctx: Context,
): Promise<string> {
  const [result] = await connection.query(`TIMELINE_HISTORY ${timeline}`, ctx)
  return result?.rows[0]?.[1] ?? ''
}

/** "16MB", "1GB" → bytes */
function segmentSize(text: string): number | undefined {
  const match = /^(\d+)(MB|GB)$/.exec(text)
  const bytes = Number(match?.[1]) * (match?.[2] === 'GB' ? 1 << 30 : 1 << 20)
  return isSegmentSize(bytes) ? bytes : undefined
}
