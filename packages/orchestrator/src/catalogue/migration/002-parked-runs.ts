import { sql } from 'kysely'
import type { Migration } from './migration.ts'

/** Runs that pg-boss delivered while their keys were taken. */
export const parkedRuns: Migration = {
  version: 2,
  async apply(schema) {
    await schema
      .alterTable('runs')
      .addColumn('parked', 'integer', (column) => column.notNull().defaultTo(0))
      .execute()
    await schema
      .createIndex('runs_parked')
      .on('runs')
      .columns(['priority desc', 'due_at', 'id'])
      .where(sql.ref('parked'), '=', sql.lit(1))
      .execute()
  },
}
