import type { Kysely, Transaction } from 'kysely'
import type { CatalogueTables } from './catalogue-tables.ts'
import type { Question } from './question.ts'

export type CatalogueReader = Kysely<CatalogueTables>
export type CatalogueWriter = Transaction<CatalogueTables>

/**
 * The database under the catalogue. What fails because the store is away or locked is tried again with patience, so
 * `work` may run more than once; each time it starts from nothing. Errors are those of the catalogue (CATALOGUE_…).
 */
export interface CatalogueStore {
  readonly kind: 'sqlite' | 'postgresql'
  /** for people, never a secret */
  readonly location: string
  /** PostgreSQL only: where pg-boss connects too */
  readonly connection?: string
  /**
   * Without the query builder, whose modules take longer to load than the rest of a command that people wait for. `Row` is
   * the caller's word.
   */
  select<Row>(question: Question): Promise<readonly Row[]>
  read<T>(work: (reader: CatalogueReader) => Promise<T>): Promise<T>
  /** One transaction. What it changed is durable when this resolves. */
  write<T>(work: (writer: CatalogueWriter) => Promise<T>): Promise<T>
  /** One question without patience: fails at once when the store cannot be used now. */
  probe(): Promise<void>
  /** ms since 1970 by the clock that all processes on this catalogue share */
  nowMs(reader: CatalogueReader): Promise<number>
  /** Until the transaction ends, no other takes this lock: who gives runs away does so alone. */
  lockQueue(writer: CatalogueWriter): Promise<void>
  close(): Promise<void>
}
