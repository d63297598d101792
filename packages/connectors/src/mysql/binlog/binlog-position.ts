/** A place in a server's binary log. */
export interface BinlogPosition {
  /** "binlog.000042" */
  readonly file: string
  /** offset of the next event */
  readonly position: number
  /** what was executed before it, as the server writes GTIDs: "0-1-77", or "uuid:1-77" */
  readonly gtid?: string
}

/** The number of a file: "binlog.000042" → 42; undefined for what is no such name. */
export function binlogIndex(file: string): number | undefined {
  const digits = /\.(\d{1,15})$/.exec(file)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/** Negative when the first comes before the second, of the same server's log. */
export function comparePositions(
  first: Pick<BinlogPosition, 'file' | 'position'>,
  second: Pick<BinlogPosition, 'file' | 'position'>,
): number {
  const files = (binlogIndex(first.file) ?? 0) - (binlogIndex(second.file) ?? 0)
  return files === 0 ? first.position - second.position : files
}

export function formatPosition({ file, position }: Pick<BinlogPosition, 'file' | 'position'>): string {
  return `${file}:${position}`
}
