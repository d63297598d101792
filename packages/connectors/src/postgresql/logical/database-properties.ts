import type { Context } from '@holdfast/core/context'
import { sqlRows } from '../backup/sql-rows.ts'
import type { PostgresConnection } from '../connection/connection.ts'
import { quoteLiteral } from '../connection/quote.ts'
import type { DatabaseGrant, DatabaseProperties } from './logical-manifest.ts'

const providers: Readonly<Record<string, string>> = { c: 'libc', i: 'icu', b: 'builtin' }

/** What databases are made like, in the order of their names; templates and closed ones are left out. */
export async function readDatabases(connection: PostgresConnection, ctx: Context): Promise<DatabaseProperties[]> {
  const { versionNumber } = connection
  const provider = versionNumber >= 150_000 ? 'd.datlocprovider' : "'c'"
  const localeColumn = versionNumber >= 170_000 ? 'd.datlocale' : versionNumber >= 150_000 ? 'd.daticulocale' : 'NULL'
  const rules = versionNumber >= 160_000 ? 'd.daticurules' : 'NULL'
  const rows = await sqlRows(
    connection,
    `SELECT d.datname AS name, pg_get_userbyid(d.datdba) AS owner, pg_encoding_to_char(d.encoding) AS encoding,
      d.datcollate AS collation, d.datctype AS ctype, ${provider} AS provider, ${localeColumn} AS locale, ${rules} AS rules,
      t.spcname AS tablespace, d.datconnlimit AS connections, shobj_description(d.oid, 'pg_database') AS comment,
      d.datacl IS NULL AS default_grants
    FROM pg_database d JOIN pg_tablespace t ON t.oid = d.dattablespace
    WHERE d.datallowconn AND NOT d.datistemplate ORDER BY d.datname`,
    ctx,
  )
  const databases: DatabaseProperties[] = []
  for (const row of rows) {
    const name = row('name') ?? ''
    const [locale, icuRules, comment] = [row('locale'), row('rules'), row('comment')]
    databases.push({
      name,
      owner: row('owner') ?? '',
      encoding: row('encoding') ?? '',
      collation: row('collation') ?? '',
      characterType: row('ctype') ?? '',
      localeProvider: providers[row('provider') ?? ''] ?? 'libc',
      ...(locale === null ? {} : { locale }),
      ...(icuRules === null ? {} : { icuRules }),
      tablespace: row('tablespace') ?? '',
      connectionLimit: Number(row('connections')),
      ...(comment === null ? {} : { comment }),
      settings: await readSettings(connection, name, ctx),
      ...(row('default_grants') === 't' ? {} : { grants: await readGrants(connection, name, ctx) }),
    })
  }
  return databases
}

async function readSettings(
  connection: PostgresConnection,
  database: string,
  ctx: Context,
): Promise<DatabaseProperties['settings']> {
  const rows = await sqlRows(
    connection,
    `SELECT r.rolname AS role, unnest(s.setconfig) AS setting FROM pg_db_role_setting s
    JOIN pg_database d ON d.oid = s.setdatabase LEFT JOIN pg_roles r ON r.oid = s.setrole
    WHERE d.datname = ${quoteLiteral(database)} ORDER BY 1, 2`,
    ctx,
  )
  return rows.map((row) => {
    const role = row('role')
    return { ...(role === null ? {} : { role }), setting: row('setting') ?? '' }
  })
}

async function readGrants(connection: PostgresConnection, database: string, ctx: Context): Promise<DatabaseGrant[]> {
  const rows = await sqlRows(
    connection,
    `SELECT r.rolname AS role, a.privilege_type AS privilege, a.is_grantable AS grantable
    FROM pg_database d CROSS JOIN aclexplode(d.datacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
    WHERE d.datname = ${quoteLiteral(database)} ORDER BY 1, 2`,
    ctx,
  )
  return rows.map((row) => {
    const role = row('role')
    const [privilege, isGrantable] = [row('privilege') ?? '', row('grantable') === 't']
    return { ...(role === null ? {} : { role }), privilege, isGrantable }
  })
}
