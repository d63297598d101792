import { type Kysely, sql } from 'kysely'
import { postgresSchema } from '../store/catalogue-tables.ts'
import type { Migration } from './migration.ts'

/** What `status` and the scheduler ask of all sources is kept ready, rather than gathered from every row each time. */
export const summaries: Migration = {
  version: 2,
  async apply({ schema }, kind, rows) {
    await schema
      .createTable('snapshot_overviews')
      .addColumn('source', 'text', (column) => column.notNull())
      .addColumn('repository', 'text', (column) => column.notNull())
      .addColumn('count', 'bigint', (column) => column.notNull())
      .addColumn('oldest', 'bigint', (column) => column.notNull())
      .addColumn('newest', 'bigint', (column) => column.notNull())
      .addColumn('newest_id', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('snapshot_overviews_key', ['source', 'repository'])
      .execute()
    await schema
      .createTable('newest_proofs')
      .addColumn('source', 'text', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('proof_id', 'text', (column) => column.notNull())
      .addColumn('ended_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('newest_proofs_key', ['source', 'kind'])
      .execute()
    const byRecovery = ['source', 'verdict', 'recovery_ms', 'id', 'ended_at']
    await schema.createIndex('proofs_by_recovery').on('proofs').columns(byRecovery).execute()
    await gather(rows, kind === 'postgresql' ? `${postgresSchema}.` : '')
  },
}

/** Of the rows that are there already. */
async function gather(rows: Kysely<unknown>, schema: string): Promise<void> {
  const table = (name: string) => sql.table(`${schema}${name}`)
  await sql`
    insert into ${table('snapshot_overviews')} (source, repository, count, oldest, newest, newest_id)
    select source, repository, count(*), min(time), max(time),
      (select n.snapshot_id from ${table('snapshots')} n where n.source = s.source and n.repository = s.repository
        order by n.time desc, n.snapshot_id desc limit 1)
    from ${table('snapshots')} s group by source, repository`.execute(rows)
  for (const [kind, verdicts] of [
    ['any', sql`'passed', 'failed'`],
    ['passed', sql`'passed'`],
  ] as const) {
    await sql`
      insert into ${table('newest_proofs')} (source, kind, proof_id, ended_at)
      select source, ${sql.lit(kind)}, id, ended_at from (
        select source, id, ended_at, row_number() over (partition by source order by ended_at desc, id desc) as place
        from ${table('proofs')} where verdict in (${verdicts})
      ) ranked where place = 1`.execute(rows)
  }
}
