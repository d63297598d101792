import type { Kysely, SchemaModule } from 'kysely'
import { postgresSchema } from '../store/catalogue-tables.ts'
import type { Migration } from './migration.ts'

/** People, their sessions and tokens, and the log of what was changed by whom. */
export const access: Migration = {
  version: 3,
  async apply({ schema }, kind, rows) {
    await createPeople(schema)
    await createAudit(schema, kind, rows)
  },
}

async function createPeople(schema: SchemaModule): Promise<void> {
  await schema
    .createTable('users')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('password', 'text')
    .addColumn('subject', 'text', (column) => column.unique())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute()
  await schema
    .createTable('sessions')
    .addColumn('secret_hash', 'text', (column) => column.primaryKey())
    .addColumn('user_name', 'text', (column) => column.notNull())
    .addColumn('opened_at', 'bigint', (column) => column.notNull())
    .addColumn('used_at', 'bigint', (column) => column.notNull())
    .execute()
  await schema.createIndex('sessions_by_user').on('sessions').columns(['user_name']).execute()
  await schema.createIndex('sessions_by_use').on('sessions').columns(['used_at']).execute()
  await schema
    .createTable('tokens')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('secret_hash', 'text', (column) => column.notNull().unique())
    .addColumn('owner', 'text')
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('sources', 'text')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint')
    .addColumn('used_at', 'bigint')
    .execute()
  await schema.createIndex('tokens_by_owner').on('tokens').columns(['owner']).execute()
}

async function createAudit(schema: SchemaModule, kind: 'sqlite' | 'postgresql', rows: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('audit')
    .addColumn('sequence', 'bigint', (column) => column.primaryKey())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('caller_kind', 'text', (column) => column.notNull())
    .addColumn('caller', 'text', (column) => column.notNull())
    .addColumn('act', 'text', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('outcome', 'text', (column) => column.notNull())
    .addColumn('detail', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .execute()
  await schema
    .createTable('audit_head')
    .addColumn('sequence', 'bigint', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .execute()
  // the one row whose lock puts those who append in a line
  const tables = kind === 'postgresql' ? rows.withSchema(postgresSchema) : rows
  // boundary: a step is written for the tables of its time
  const heads = tables as unknown as Kysely<{ audit_head: { sequence: number; hash: string } }>
  await heads.insertInto('audit_head').values({ sequence: 0, hash: '' }).execute()
}
