import type { Context } from '@holdfast/core/context'

/**
 * One session with a PostgreSQL server, over the simple query protocol (PostgreSQL documentation, "Frontend/Backend
 * Protocol"). It does one thing at a time: starting another before the first has ended is a bug and throws.
 *
 * Fails with POSTGRES_QUERY_FAILED or a more precise POSTGRES_… code when the server refuses a statement (the session can
 * then be used further), POSTGRES_CONNECTION_LOST or POSTGRES_SHUT_DOWN when it ends (retryable), and INTERRUPTED when
 * the context's signal is aborted: the server is told to cancel the statement and the session is over.
 * `sqlStateOf(error)` gives the server's SQLSTATE.
 */
export interface PostgresConnection extends AsyncDisposable {
  /** which of the target's hosts answered, for people: "db1:5432" or "/var/run/postgresql:5432" */
  readonly host: string
  /** what the server reported of itself: server_version, in_hot_standby (14 and newer), TimeZone … */
  readonly parameters: ReadonlyMap<string, string>
  /** as server_version_num has it: 150018 */
  readonly versionNumber: number
  /** Every result set of the text, which may hold several statements (then they are one transaction). */
  query(sql: string, ctx: Context): Promise<readonly ResultSet[]>
  /**
   * BASE_BACKUP and COPY … TO STDOUT: what comes, as it comes. The server waits while the caller does. Left before its
   * end, the statement is cancelled and the session is over.
   */
  stream(sql: string, ctx: Context): AsyncGenerator<StreamItem, void, undefined>
  /** START_REPLICATION, UPLOAD_MANIFEST and COPY … FROM STDIN. `ctx` counts until `finish` has ended. */
  copyBoth(sql: string, ctx: Context): Promise<CopyBoth>
}

/** Values are text as the server prints them (DateStyle ISO, time zone UTC, bytea as hex), or null. */
export interface ResultSet {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (string | null)[])[]
  /** the command tag: "SELECT 3"; "" for an empty statement */
  readonly command: string
}

export type StreamItem =
  | { readonly type: 'result'; readonly result: ResultSet }
  | { readonly type: 'copy-started' }
  /** One message's bytes, at most 1 GiB, in practice 8 to 128 KiB. Valid until the next item is asked for. */
  | { readonly type: 'copy-data'; readonly bytes: Uint8Array }
  | { readonly type: 'copy-ended' }

export interface CopyBoth {
  /**
   * What the server sends, message by message, each valid until the next is asked for; ends when the server ends its side.
   * Leaving the loop ends nothing.
   */
  readonly data: AsyncIterable<Uint8Array>
  /** Returns when there is room for more. Safe to call while `data` is being read, also from several places. */
  send(bytes: Uint8Array): Promise<void>
  /** Ends our side, reads away what the server still sends, and returns the result sets that follow. */
  finish(): Promise<readonly ResultSet[]>
}
