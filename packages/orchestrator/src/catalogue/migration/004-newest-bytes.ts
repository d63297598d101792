import { sql } from 'kysely'
import { postgresSchema } from '../store/catalogue-tables.ts'
import type { Migration } from './migration.ts'

/** What a recovery takes is told for the size of the newest backup; it is kept beside its name. */
export const newestBytes: Migration = {
  version: 4,
  async apply({ schema }, kind, rows) {
    await schema.alterTable('snapshot_overviews').addColumn('newest_bytes', 'bigint').execute()
    const table = (name: string) => sql.table(kind === 'postgresql' ? `${postgresSchema}.${name}` : name)
    const overviews = table('snapshot_overviews')
    await sql`
      update ${overviews} set newest_bytes = (select s.bytes from ${table('snapshots')} s
        where s.repository = ${overviews}.repository and s.snapshot_id = ${overviews}.newest_id)`.execute(rows)
  },
}
