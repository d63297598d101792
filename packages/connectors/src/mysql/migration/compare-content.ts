import type { Context } from '@holdfast/core/context'
import { type Check, failed, passed, runCheck } from '@holdfast/core/proof/check'
import { countOf } from '@holdfast/core/units/count-of'
import type { MysqlConnection } from '../connection/connection.ts'
import { quoteIdentifier, quoteLiteral } from '../connection/quote.ts'

const shown = 5

/**
 * Compares what is in the tables of a database on two servers. Where both are of one family CHECKSUM TABLE is asked first,
 * which is quick; where that differs, as it may between versions and formats of rows, and between families, every row's
 * values are compared as text by a sum of SHA-256 over the rows, in whatever order they come.
 */
export async function compareContent(
  { from, to }: { readonly from: MysqlConnection; readonly to: MysqlConnection },
  database: string,
  tables: readonly string[],
  ctx: Context,
): Promise<Check> {
  const look = async () => {
    const wrong: string[] = []
    let byText = 0
    for (const table of tables) {
      const name = `${quoteIdentifier(database)}.${quoteIdentifier(table)}`
      if (from.version.family === to.version.family) {
        const [old, fresh] = [await checksum(from, name, ctx), await checksum(to, name, ctx)]
        if (old !== null && old === fresh) continue
      }
      byText++
      const sql = await textDigest(from, database, table, ctx)
      const [old, fresh] = [await digest(from, sql, ctx), await digest(to, sql, ctx)]
      if (old !== fresh) wrong.push(table)
    }
    const methods = [
      ...(byText < tables.length ? [`${tables.length - byText} by CHECKSUM TABLE`] : []),
      ...(byText > 0 ? [`${byText} by SHA-256 of all values as text`] : []),
    ].join(', ')
    if (wrong.length === 0) return passed(`${countOf(tables.length, 'table')} equal in content, ${methods}`)
    const more = wrong.length > shown ? ` and ${wrong.length - shown} more` : ''
    return failed(`another content than on the old server now: ${wrong.slice(0, shown).join(', ')}${more}`)
  }
  return await runCheck({ name: 'content', subject: database }, look, ctx)
}

async function checksum(session: MysqlConnection, name: string, ctx: Context): Promise<string | null> {
  const [row] = await session.query(`CHECKSUM TABLE ${name}`, ctx)
  return row?.[1] ?? null
}

async function digest(session: MysqlConnection, sql: string, ctx: Context): Promise<string> {
  const [row = []] = await session.query(sql, ctx)
  return row.join(' ')
}

/** The statement for both servers: its columns are those of the old one. */
async function textDigest(session: MysqlConnection, database: string, table: string, ctx: Context): Promise<string> {
  const columns = await session.query(
    `SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = ${quoteLiteral(database)}
      AND table_name = ${quoteLiteral(table)} ORDER BY ordinal_position`,
    ctx,
  )
  const values = columns.map(([name, type]) => {
    return `IFNULL(SHA2(${asText(quoteIdentifier(name ?? ''), (type ?? '').toLowerCase())}, 256), '-')`
  })
  const part = (from: number): string => `SUM(CAST(CONV(SUBSTRING(h, ${from}, 15), 16, 10) AS UNSIGNED))`
  const row = `SHA2(CONCAT(${values.join(', ')}), 256)`
  const name = `${quoteIdentifier(database)}.${quoteIdentifier(table)}`
  return `SELECT COUNT(*), ${part(1)}, ${part(17)} FROM (SELECT ${row} AS h FROM ${name}) AS digests`
}

const texts = /^(?:char|varchar|tinytext|text|mediumtext|longtext|enum|set|json)$/
const bytes = /^(?:binary|varbinary|tinyblob|blob|mediumblob|longblob)$/
const shapes = /^(?:geometry|point|linestring|polygon|multi\w+|geometrycollection|geomcollection)$/

function asText(column: string, type: string): string {
  if (texts.test(type)) return `CONVERT(${column} USING utf8mb4)`
  if (bytes.test(type)) return column
  if (shapes.test(type)) return `ST_AsBinary(${column})`
  return type === 'bit' ? `CAST(${column} + 0 AS CHAR)` : `CAST(${column} AS CHAR)`
}
