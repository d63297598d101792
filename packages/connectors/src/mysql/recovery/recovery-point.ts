/** Where a recovery stops. Instants are ISO 8601, UTC; the log knows commits to the second. */
export type MysqlRecoveryPoint =
  | { readonly type: 'latest' }
  /** the state of the backup itself, without its log */
  | { readonly type: 'backup' }
  | { readonly type: 'time'; readonly at: string }
  | { readonly type: 'position'; readonly file: string; readonly position: number }
  | { readonly type: 'gtid'; readonly gtid: string }

export interface MysqlRecoveryTarget {
  readonly stop: MysqlRecoveryPoint
  /** false: everything before the point, not the transaction at it */
  readonly inclusive: boolean
  /** transactions that are left out, by GTID or by the position of their beginning, "binlog.000042:1234" */
  readonly without: readonly string[]
}

export function describePoint(point: MysqlRecoveryPoint): string {
  switch (point.type) {
    case 'latest':
    case 'backup':
      return point.type
    case 'time':
      return point.at
    case 'position':
      return `${point.file}:${point.position}`
    case 'gtid':
      return `GTID ${point.gtid}`
  }
}
