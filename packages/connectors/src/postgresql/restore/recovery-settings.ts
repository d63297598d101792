/** Where a recovery stops. Times are UTC, exact to the microsecond: "2026-11-20T05:29:59.500000Z". */
export type RecoveryStop =
  | { readonly type: 'end' }
  | { readonly type: 'consistent' }
  | { readonly type: 'time'; readonly time: string }
  | { readonly type: 'lsn'; readonly lsn: string }
  | { readonly type: 'xid'; readonly xid: string }
  | { readonly type: 'name'; readonly name: string }

export interface RecoverySettings {
  readonly stop: RecoveryStop
  /** false: stop just before the target instead of just after it */
  readonly inclusive: boolean
  readonly timeline: number | 'latest' | 'current'
  /** what the server does when it has reached the target */
  readonly action: 'pause' | 'promote' | 'shutdown'
  /** directory that holds the WAL segments and history files */
  readonly walDirectory: string
}

const stopParameters = {
  consistent: 'recovery_target',
  time: 'recovery_target_time',
  lsn: 'recovery_target_lsn',
  xid: 'recovery_target_xid',
  name: 'recovery_target_name',
} as const

/**
 * Lines for postgresql.auto.conf. The other targets are set to nothing, because the backed-up file may hold some of an
 * earlier recovery and PostgreSQL refuses two of them. Source: PostgreSQL's manual, 20.5.6 "Recovery Target".
 */
export function recoveryLines({ stop, inclusive, timeline, action, walDirectory }: RecoverySettings): string[] {
  const parameters: Record<string, string> = {
    restore_command: restoreCommand(walDirectory),
    recovery_target: '',
    recovery_target_time: '',
    recovery_target_lsn: '',
    recovery_target_xid: '',
    recovery_target_name: '',
    recovery_target_inclusive: inclusive ? 'on' : 'off',
    recovery_target_timeline: String(timeline),
    recovery_target_action: action,
    primary_conninfo: '',
    primary_slot_name: '',
  }
  if (stop.type !== 'end') {
    // last: even emptying one target is refused while another is set
    delete parameters[stopParameters[stop.type]]
    parameters[stopParameters[stop.type]] = stopValue(stop)
  }
  return Object.entries(parameters).map(([name, value]) => settingLine(name, value))
}

function stopValue(stop: Exclude<RecoveryStop, { type: 'end' }>): string {
  switch (stop.type) {
    case 'consistent':
      return 'immediate'
    case 'time':
      // "T" and "Z" are refused here: names of zones are not known yet when the server reads its configuration
      return stop.time.replace('T', ' ').replace('Z', '+00')
    case 'lsn':
      return stop.lsn
    case 'xid':
      return stop.xid
    case 'name':
      return stop.name
  }
}

/** Copies from a directory. The path goes through the configuration file, the server's own % and the shell. */
function restoreCommand(walDirectory: string): string {
  const escaped = `'${walDirectory.replaceAll("'", `'\\''`)}'`.replaceAll('%', '%%')
  return `cp ${escaped}/%f "%p"`
}

/** One line of a configuration file: backslashes and quotes inside the value are escaped as its scanner expects. */
export function settingLine(name: string, value: string): string {
  return `${name} = '${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
}
