import type { Context } from '@holdfast/core/context'
import { connectPostgres } from '../../connection/connect.ts'
import type { PostgresConnection } from '../../connection/connection.ts'
import type { LogicalRestoreRequest } from './logical-restore.ts'

/** A session that makes and renames databases: in the one of the connection, but never in the one that is replaced. */
export function connectForMaintenance(
  { target, replaces }: Pick<LogicalRestoreRequest, 'target' | 'replaces'>,
  ctx: Context,
): Promise<PostgresConnection> {
  const own = target.database ?? 'postgres'
  const other = own === 'postgres' ? 'template1' : 'postgres'
  return connectPostgres(target, { database: own === replaces ? other : own, readWrite: true }, ctx)
}
