import type { Context } from '@holdfast/core/context'
import type { MysqlConnection } from '../connection/connection.ts'
import type { MysqlServerFacts } from '../manifest/mysql-manifest.ts'

/** What of a server matters for a restore. */
export async function readServerFacts(
  session: MysqlConnection,
  ctx: Context,
): Promise<MysqlServerFacts & { readonly writesBinlog: boolean }> {
  const names = ['server_id', 'server_uuid', 'log_bin', 'binlog_format', 'binlog_row_image', 'character_set_server']
  const also = ['collation_server', 'lower_case_table_names', 'sql_mode']
  const list = [...names, ...also].map((name) => `'${name}'`).join(', ')
  const rows = await session.query(`SHOW GLOBAL VARIABLES WHERE Variable_name IN (${list})`, ctx)
  const values = new Map(rows.map(([name, value]) => [(name ?? '').toLowerCase(), value ?? '']))
  const { family, text, number } = session.version
  const uuid = values.get('server_uuid')
  const [format, image] = [values.get('binlog_format'), values.get('binlog_row_image')]
  return {
    family,
    version: text,
    versionNumber: number,
    serverId: Number(values.get('server_id') ?? 0),
    ...(uuid === undefined || uuid === '' ? {} : { uuid }),
    ...(format === undefined ? {} : { binlogFormat: format }),
    ...(image === undefined ? {} : { binlogRowImage: image }),
    characterSet: values.get('character_set_server') ?? '',
    collation: values.get('collation_server') ?? '',
    lowerCaseTableNames: Number(values.get('lower_case_table_names') ?? 0),
    sqlMode: values.get('sql_mode') ?? '',
    writesBinlog: values.get('log_bin') === 'ON',
  }
}

/** The server's clock, ISO 8601 with microseconds, UTC. */
export async function serverClock(session: MysqlConnection, ctx: Context): Promise<string> {
  const text = (await session.value('SELECT UTC_TIMESTAMP(6)', ctx)) ?? ''
  return `${text.replace(' ', 'T')}Z`
}
