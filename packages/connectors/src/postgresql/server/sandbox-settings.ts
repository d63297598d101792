/** Settings of the original that a server in recovery must not have smaller; as text, by name. */
export type OriginalSettings = Readonly<Record<string, string>>

/** A standby refuses to start when one of these is smaller than on the primary. Source: PostgreSQL's manual, 27.4.3. */
const notSmaller = [
  'max_connections',
  'max_prepared_transactions',
  'max_locks_per_transaction',
  'max_wal_senders',
  'max_worker_processes',
]

/**
 * Settings of a scratch server, for the command line, where nothing in the restored files outranks them: it listens on
 * one private socket, writes to no archive, replicates from and to nobody, starts no jobs of extensions, and is small
 * whatever the original was.
 */
export function sandboxSettings(
  paths: {
    readonly configFile: string
    readonly hbaFile: string
    readonly identFile: string
    readonly socketDirectory: string
  },
  original: OriginalSettings,
): Record<string, string> {
  return {
    config_file: paths.configFile,
    hba_file: paths.hbaFile,
    ident_file: paths.identFile,
    listen_addresses: '',
    unix_socket_directories: paths.socketDirectory,
    unix_socket_permissions: '0700',
    port: '5432',
    ssl: 'off',
    external_pid_file: '',
    // nothing leaves, nothing comes in
    archive_mode: 'off',
    archive_command: '',
    archive_cleanup_command: '',
    recovery_end_command: '',
    primary_conninfo: '',
    primary_slot_name: '',
    synchronous_standby_names: '',
    max_logical_replication_workers: '0',
    // libraries that start workers of their own (job schedulers above all) would act on the outside world
    shared_preload_libraries: '',
    session_preload_libraries: '',
    local_preload_libraries: '',
    // thrown away afterwards, and must fit beside whatever else runs here
    fsync: 'off',
    full_page_writes: 'off',
    shared_buffers: '128MB',
    huge_pages: 'off',
    // in its own directory: in /dev/shm it would stay for good when the server is killed
    dynamic_shared_memory_type: 'mmap',
    autovacuum: 'off',
    hot_standby: 'on',
    // its log is read by this program
    logging_collector: 'off',
    log_destination: 'stderr',
    log_min_messages: 'warning',
    lc_messages: 'C',
    log_line_prefix: '',
    log_timezone: 'UTC',
    ...Object.fromEntries(notSmaller.flatMap((name) => (original[name] === undefined ? [] : [[name, original[name]]]))),
  }
}
