import { type SchemaModule, sql } from 'kysely'
import type { Migration } from './migration.ts'

/** Runs and their keys, snapshots, proofs, findings, samples, marks. */
export const firstTables: Migration = {
  version: 1,
  async apply({ schema }, kind) {
    await createRuns(schema)
    await createRunKeys(schema)
    await createRecords(schema)
    await createFindings(schema)
    await createSamples(schema, kind)
  },
}

async function createRuns(schema: SchemaModule): Promise<void> {
  await schema
    .createTable('runs')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('operation', 'text', (column) => column.notNull())
    .addColumn('source', 'text')
    .addColumn('repository', 'text')
    .addColumn('arguments', 'text', (column) => column.notNull())
    .addColumn('cause', 'text', (column) => column.notNull())
    .addColumn('unique_key', 'text', (column) => column.notNull().unique())
    .addColumn('exclusive_keys', 'text', (column) => column.notNull())
    .addColumn('limit_keys', 'text', (column) => column.notNull())
    .addColumn('due_at', 'bigint', (column) => column.notNull())
    .addColumn('priority', 'integer', (column) => column.notNull())
    .addColumn('timeout_ms', 'bigint', (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('attempt', 'integer', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('queued_at', 'bigint', (column) => column.notNull())
    .addColumn('started_at', 'bigint')
    .addColumn('ended_at', 'bigint')
    .addColumn('leased_by', 'text')
    .addColumn('leased_until', 'bigint')
    .addColumn('cancel_requested', 'integer', (column) => column.notNull())
    .addColumn('error', 'text')
    .addColumn('result', 'text')
    .execute()
  await schema
    .createIndex('runs_waiting')
    .on('runs')
    .columns(['priority desc', 'due_at', 'id'])
    .where(sql.ref('state'), '=', sql.lit('queued'))
    .execute()
  await schema
    .createIndex('runs_running')
    .on('runs')
    .columns(['leased_until'])
    .where(sql.ref('state'), '=', sql.lit('running'))
    .execute()
  const lists = { runs_by_time: [], runs_by_source: ['source'], runs_by_repository: ['repository'] }
  for (const [name, columns] of Object.entries({ ...lists, runs_by_state: ['state'] })) {
    await schema
      .createIndex(name)
      .on('runs')
      .columns([...columns, 'queued_at', 'id'])
      .execute()
  }
}

async function createRunKeys(schema: SchemaModule): Promise<void> {
  await schema
    .createTable('held_keys')
    .addColumn('key', 'text', (column) => column.primaryKey())
    .addColumn('run_id', 'text', (column) => column.notNull())
    .execute()
  await schema.createIndex('held_keys_by_run').on('held_keys').columns(['run_id']).execute()
  await schema
    .createTable('newest_runs')
    .addColumn('operation', 'text', (column) => column.notNull())
    .addColumn('source', 'text', (column) => column.notNull())
    .addColumn('repository', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('run_id', 'text', (column) => column.notNull())
    .addColumn('ended_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('newest_runs_key', ['operation', 'source', 'repository', 'state'])
    .execute()
  await schema.createIndex('newest_runs_by_run').on('newest_runs').columns(['run_id']).execute()
}

async function createRecords(schema: SchemaModule): Promise<void> {
  await schema
    .createTable('snapshots')
    .addColumn('repository', 'text', (column) => column.notNull())
    .addColumn('snapshot_id', 'text', (column) => column.notNull())
    .addColumn('source', 'text', (column) => column.notNull())
    .addColumn('time', 'bigint', (column) => column.notNull())
    .addColumn('lineage', 'text', (column) => column.notNull())
    .addColumn('bytes', 'bigint')
    .addColumn('bytes_added', 'bigint')
    .addPrimaryKeyConstraint('snapshots_key', ['repository', 'snapshot_id'])
    .execute()
  const bySource = ['source', 'repository', 'time', 'snapshot_id']
  await schema.createIndex('snapshots_by_source').on('snapshots').columns(bySource).execute()
  await schema
    .createTable('proofs')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('run_id', 'text')
    .addColumn('source', 'text', (column) => column.notNull())
    .addColumn('repository', 'text', (column) => column.notNull())
    .addColumn('snapshot_id', 'text', (column) => column.notNull())
    .addColumn('verdict', 'text', (column) => column.notNull())
    .addColumn('target', 'text', (column) => column.notNull())
    .addColumn('ended_at', 'bigint', (column) => column.notNull())
    .addColumn('recovery_ms', 'bigint', (column) => column.notNull())
    .addColumn('bytes', 'bigint', (column) => column.notNull())
    .addColumn('checks', 'text', (column) => column.notNull())
    .execute()
  const lists = {
    proofs_by_time: ['ended_at', 'id'],
    proofs_by_source: ['source', 'ended_at', 'id'],
    proofs_by_verdict: ['source', 'verdict', 'ended_at', 'id'],
  }
  for (const [name, columns] of Object.entries(lists)) {
    await schema.createIndex(name).on('proofs').columns(columns).execute()
  }
}

async function createFindings(schema: SchemaModule): Promise<void> {
  await schema
    .createTable('findings')
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('first_seen_at', 'bigint', (column) => column.notNull())
    .addColumn('last_seen_at', 'bigint', (column) => column.notNull())
    .addColumn('resolved_at', 'bigint')
    .addColumn('finding', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('findings_key', ['key', 'first_seen_at'])
    .execute()
  await schema
    .createIndex('findings_open')
    .on('findings')
    .columns(['first_seen_at'])
    .where(sql.ref('resolved_at'), 'is', null)
    .execute()
  await schema.createIndex('findings_by_time').on('findings').columns(['last_seen_at']).execute()
}

async function createSamples(schema: SchemaModule, kind: 'sqlite' | 'postgresql'): Promise<void> {
  for (const [name, key] of [
    ['samples', ['figure', 'subject', 'at']],
    ['newest_samples', ['figure', 'subject']],
  ] as const) {
    const table = schema
      .createTable(name)
      .addColumn('figure', 'text', (column) => column.notNull())
      .addColumn('subject', 'text', (column) => column.notNull())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addColumn('value', 'double precision', (column) => column.notNull())
      .addPrimaryKeyConstraint(`${name}_key`, [...key])
    // the key is the table: half the space of a table with an index beside it
    await (kind === 'sqlite' ? table.modifyEnd(sql`without rowid`) : table).execute()
  }
  await schema.createIndex('samples_by_time').on('samples').columns(['at']).execute()
  await schema
    .createTable('marks')
    .addColumn('key', 'text', (column) => column.primaryKey())
    .addColumn('value', 'text', (column) => column.notNull())
    .execute()
}
