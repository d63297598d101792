import type { Kysely, SchemaModule } from 'kysely'

/**
 * One step of the schema, applied in the same transaction as its number. Steps only go forward and are never edited
 * once released: what a catalogue of that version looked like is kept in `golden/` and brought up to date by a test.
 */
export interface Migration {
  readonly version: number
  apply(writer: { readonly schema: SchemaModule }, kind: 'sqlite' | 'postgresql', rows: Kysely<unknown>): Promise<void>
}
