import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import { connectPostgres } from '../connection/connect.ts'
import type { PostgresTarget } from '../connection/target.ts'
import type { DatabaseFacts } from './backup-manifest.ts'
import type { RelationFile } from './page/relation-file.ts'
import { sqlRows } from './sql-rows.ts'

/** Finds "database.schema.name" of relation files; undefined when it is not to be had. Sessions are not kept open. */
export async function relationName(
  target: PostgresTarget,
  databases: readonly DatabaseFacts[],
  file: RelationFile,
  ctx: Context,
): Promise<string | undefined> {
  const own = databases.find(({ oid }) => oid === file.databaseOid)?.name
  const database = file.databaseOid === 0 ? (target.database ?? 'postgres') : own
  if (database === undefined) return undefined
  const tablespace = file.databaseOid === 0 ? 1664 : (file.tablespaceOid ?? 0)
  try {
    await using connection = await connectPostgres(target, { database }, ctx)
    const [row] = await sqlRows(
      connection,
      `SELECT n.nspname AS schema, c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.oid = pg_filenode_relation(${tablespace}, ${file.fileNode})`,
      ctx,
    )
    if (row === undefined) return undefined
    const name = `${row('schema')}.${row('name')}`
    return file.databaseOid === 0 ? name : `${database}.${name}`
  } catch (error) {
    // The finding names the file in any case; a database that does not let us in is no reason to lose it.
    if (!isAppError(error) || error.code === 'INTERRUPTED') throw error
    return undefined
  }
}
