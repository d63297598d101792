import type { Context } from '@holdfast/core/context'
import type { ServerVersion } from './server-version.ts'

/** Rows of a query; every value as text or null, as the server prints it. */
export type TextRows = readonly (readonly (string | null)[])[]

/** A session with a server, one statement at a time. */
export interface MysqlConnection extends AsyncDisposable {
  /** for people: "db1:3306" */
  readonly host: string
  readonly user: string
  readonly version: ServerVersion
  /** Fails with MYSQL_QUERY_FAILED, MYSQL_PRIVILEGE_MISSING, MYSQL_CONNECTION_LOST. */
  query(sql: string, ctx: Context): Promise<TextRows>
  /** The one value of the first row. */
  value(sql: string, ctx: Context): Promise<string | null>
  /** The first row by column name; undefined when there is none: for SHOW, whose columns differ between versions. */
  record(sql: string, ctx: Context): Promise<ReadonlyMap<string, string | null> | undefined>
}
