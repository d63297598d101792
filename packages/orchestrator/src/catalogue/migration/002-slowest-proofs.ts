import type { Migration } from './migration.ts'

/** The slowest of the recent proofs of each source, which is its recovery time, without a look at all of them. */
export const slowestProofs: Migration = {
  version: 2,
  async apply(schema) {
    const columns = ['source', 'verdict', 'recovery_ms', 'id', 'ended_at']
    await schema.createIndex('proofs_by_recovery').on('proofs').columns(columns).execute()
  },
}
