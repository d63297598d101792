import { findMysqlTool, type MysqlClientPlace } from '@holdfast/connectors/mysql/client/mysql-tool'
import type { ServerVersion } from '@holdfast/connectors/mysql/connection/server-version'
import type { SandboxTools } from '@holdfast/connectors/mysql/server/mysql-sandbox'
import type { Context } from '@holdfast/core/context'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'

/** What a scratch server of a family is started with, on this machine. Fails with MYSQL_BINARIES_MISSING. */
export async function findSandboxTools(
  family: ServerVersion['family'],
  client: MysqlClientPlace,
  ctx: Context,
): Promise<SandboxTools> {
  const local: MysqlClientPlace = { ...client, place: { type: 'local' } }
  try {
    const found = await findMysqlTool('server', family, local, ctx)
    if (family === 'mysql') return { server: found }
    return { server: found, install: await findMysqlTool('install', family, local, ctx) }
  } catch (error) {
    if (!isAppError(error, 'MYSQL_TOOL_MISSING')) throw error
    const program = family === 'mariadb' ? 'mariadbd with mariadb-install-db' : 'mysqld'
    throw new AppError('MYSQL_BINARIES_MISSING', { program }, { cause: error })
  }
}
