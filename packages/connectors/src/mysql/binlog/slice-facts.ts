import { binlogIndex } from './binlog-position.ts'

/**
 * What is known of a slice: a part of one of the server's binary logs, from one event to another. Slices of a file put
 * together are the file, byte by byte. Plain JSON; instants are ISO 8601 in UTC, of the server's clock.
 */
export interface SliceFacts {
  readonly formatVersion: 1
  /** "binlog.000042" */
  readonly file: string
  /** Counts how often the server's logs began anew (RESET MASTER, another server): names come again then. */
  readonly generation: number
  /** 0 is the file's magic number */
  readonly startPosition: number
  readonly endPosition: number
  /** the server went on to the next file */
  readonly endsFile: boolean
  /** when the server began this file, seconds since 1970: with its name and id tells files apart */
  readonly fileCreatedAt: number
  readonly serverId: number
  readonly commits: number
  readonly firstCommitAt?: string
  /** the latest of its commits, which are not always in order */
  readonly latestCommitAt?: string
  /** where the last whole transaction of it ends */
  readonly commitPosition?: number
  /** of its newest transaction */
  readonly gtid?: string
  /** all transactions up to the slice's end, as GtidSet writes them; absent when some have no GTID */
  readonly gtids?: string
  /** of the first slice after a fail-over: how this server's log goes on from another one's */
  readonly follows?: ServerSwitch
  /** Everything committed by then lies in this slice or before it. */
  readonly recoverableUntil?: string
}

/** A fail-over, as a fact in the log. */
export interface ServerSwitch {
  /** whose log was followed before */
  readonly generation: number
  /** where in the slice's own file what is new begins: everything before it is in the other log too */
  readonly position: number
  /** what both servers have; other transactions of the older log were lost by the fail-over */
  readonly gtids: string
}

/** Name of a slice in the log: "binlog.000042.0000000000". Names sort as positions do. */
export function sliceName({ file, startPosition }: Pick<SliceFacts, 'file' | 'startPosition'>): string {
  return `${file}.${String(startPosition).padStart(12, '0')}`
}

/** Four files of the default size, in slices, are at most 256. */
const filesPerFolder = 4

/** The folder of a slice: "1-000040" holds binlog.000040 to binlog.000043 of the first generation. */
export function sliceFolder({ file, generation }: Pick<SliceFacts, 'file' | 'generation'>): string {
  const index = binlogIndex(file) ?? 0
  return `${generation}-${String(index - (index % filesPerFolder)).padStart(6, '0')}`
}

/** Facts as they come from a repository; undefined when they are of something else. */
export function parseSliceFacts(raw: unknown): SliceFacts | undefined {
  if (typeof raw !== 'object' || raw === null) return undefined
  // checked field by field below
  const facts = raw as Partial<Record<keyof SliceFacts, unknown>>
  const isNumber = (value: unknown): value is number =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
  const isText = (value: unknown): value is string | undefined => value === undefined || typeof value === 'string'
  const { formatVersion, file, generation, startPosition, endPosition, endsFile, fileCreatedAt, serverId, commits } =
    facts
  const { firstCommitAt, latestCommitAt, commitPosition, gtid, gtids, recoverableUntil } = facts
  const follows = parseSwitch(facts.follows)
  if (formatVersion !== 1 || typeof file !== 'string' || typeof endsFile !== 'boolean') return undefined
  if (!isNumber(generation) || !isNumber(startPosition) || !isNumber(endPosition)) return undefined
  if (!isNumber(fileCreatedAt) || !isNumber(serverId) || !isNumber(commits)) return undefined
  if (commitPosition !== undefined && !isNumber(commitPosition)) return undefined
  if (!isText(gtids) || (facts.follows !== undefined && follows === undefined)) return undefined
  if (!isText(firstCommitAt) || !isText(latestCommitAt) || !isText(gtid) || !isText(recoverableUntil)) return undefined
  return {
    formatVersion,
    file,
    generation,
    startPosition,
    endPosition,
    endsFile,
    fileCreatedAt,
    serverId,
    commits,
    ...(firstCommitAt === undefined ? {} : { firstCommitAt }),
    ...(latestCommitAt === undefined ? {} : { latestCommitAt }),
    ...(commitPosition === undefined ? {} : { commitPosition }),
    ...(gtid === undefined ? {} : { gtid }),
    ...(gtids === undefined ? {} : { gtids }),
    ...(follows === undefined ? {} : { follows }),
    ...(recoverableUntil === undefined ? {} : { recoverableUntil }),
  }
}

function parseSwitch(raw: unknown): ServerSwitch | undefined {
  if (typeof raw !== 'object' || raw === null) return undefined
  // checked field by field below
  const { generation, position, gtids } = raw as Partial<Record<keyof ServerSwitch, unknown>>
  if (typeof generation !== 'number' || typeof position !== 'number' || typeof gtids !== 'string') return undefined
  return { generation, position, gtids }
}

/** Seconds since 1970 as an instant. */
export function instantOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}
