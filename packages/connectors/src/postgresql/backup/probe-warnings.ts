import { dirname, relative } from 'node:path'
import { quoteIdentifier } from '../connection/quote.ts'
import type { PostgresProbe, ProbeWarning } from './probe-postgres.ts'

type Probed = Omit<PostgresProbe, 'warnings'>

/** What stands in the way of a backup, or makes it worth less, most severe first. */
export function probeWarnings(probe: Probed): ProbeWarning[] {
  return [...preventing(probe), ...endangering(probe), ...limiting(probe)]
}

function preventing({ walLevel, walSenders, role }: Probed): ProbeWarning[] {
  const warnings: ProbeWarning[] = []
  const add = (code: string, message: string, hint: string): void => {
    warnings.push({ code, severity: 'prevents', message, hint })
  }
  if (walLevel === 'minimal') {
    add(
      'WAL_LEVEL_MINIMAL',
      'wal_level is minimal: neither a base backup nor following the log is possible',
      'Set wal_level = replica in postgresql.conf and restart the server.',
    )
  }
  if (walSenders.limit === 0) {
    add(
      'WAL_SENDERS_OFF',
      'max_wal_senders is 0: nothing can be backed up over the wire',
      'Set max_wal_senders = 10 in postgresql.conf and restart the server.',
    )
  } else if (walSenders.used >= walSenders.limit) {
    add(
      'WAL_SENDERS_EXHAUSTED',
      `all ${walSenders.limit} WAL senders are in use`,
      'Raise max_wal_senders and restart the server; pg_stat_replication shows who holds them.',
    )
  }
  if (!role.mayReplicate && !role.mayStartBackup) {
    const name = quoteIdentifier(role.name)
    add(
      'PRIVILEGE_MISSING',
      `the role ${role.name} may not take physical backups`,
      `Run ALTER ROLE ${name} REPLICATION; as a superuser.`,
    )
  }
  return warnings
}

function endangering({ settings, server, replicationSlots }: Probed): ProbeWarning[] {
  const warnings: ProbeWarning[] = []
  const add = (code: string, message: string, hint: string): void => {
    warnings.push({ code, severity: 'endangers', message, hint })
  }
  if (settings.get('fsync') === 'off') {
    add(
      'FSYNC_OFF',
      'fsync is off: a crash of the operating system can destroy the cluster',
      'Set fsync = on in postgresql.conf and reload; run initdb --sync-only once.',
    )
  }
  if (settings.get('full_page_writes') === 'off') {
    add(
      'FULL_PAGE_WRITES_OFF',
      'full_page_writes is off: pages half written at a crash stay so, and no backup can be taken from a standby',
      'Set full_page_writes = on in postgresql.conf and reload.',
    )
  }
  if (!server.dataChecksums) {
    add(
      'DATA_CHECKSUMS_OFF',
      'the cluster has no data checksums: pages that its disk damages are backed up unnoticed',
      'Stop the server and run pg_checksums --enable.',
    )
  }
  if (replicationSlots.limit > 0 && settings.get('max_slot_wal_keep_size') === '-1') {
    add(
      'SLOT_WAL_UNLIMITED',
      'max_slot_wal_keep_size is unlimited: a replication slot nobody reads from fills the disk with WAL',
      'Set max_slot_wal_keep_size to what the disk can spare, as in 50GB, and reload.',
    )
  }
  return warnings
}

function limiting({ settings, replicationSlots, role, dataDirectory }: Probed): ProbeWarning[] {
  const warnings: ProbeWarning[] = []
  const add = (code: string, message: string, hint: string): void => {
    warnings.push({ code, severity: 'limits', message, hint })
  }
  if (replicationSlots.used >= replicationSlots.limit) {
    add(
      'SLOTS_EXHAUSTED',
      `none of ${replicationSlots.limit} replication slots is free: WAL may vanish while a backup runs, and the log cannot be followed`,
      'Raise max_replication_slots and restart the server, or drop a slot nobody uses.',
    )
  }
  if (!role.mayReadFiles) {
    add(
      'FILES_UNREADABLE',
      'pages that seem damaged over the wire cannot be looked at twice',
      `Run GRANT pg_read_server_files TO ${quoteIdentifier(role.name)}; GRANT EXECUTE ON FUNCTION pg_read_binary_file(text, bigint, bigint, boolean) TO ${quoteIdentifier(role.name)}; in the database the connection names.`,
    )
  }
  const outside = ['config_file', 'hba_file', 'ident_file'].flatMap((name) => {
    const path = settings.get(name)
    return path !== undefined && dataDirectory !== undefined && isOutside(path, dataDirectory) ? [path] : []
  })
  if (outside.length > 0) {
    add(
      'CONFIGURATION_OUTSIDE',
      `${outside.join(', ')} lie outside the data directory, so a physical backup does not hold them`,
      `Back up ${dirname(outside[0] ?? '')} as files too.`,
    )
  }
  return warnings
}

function isOutside(path: string, directory: string): boolean {
  return relative(directory, path).startsWith('..')
}
