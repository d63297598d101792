import type { Context } from '@holdfast/core/context'
import { type CheckOutcome, failed, passed, skipped } from '@holdfast/core/proof/check'
import { countOf } from '@holdfast/core/units/count-of'
import type { PostgresConnection } from '../connection/connection.ts'
import { quoteIdentifier } from '../connection/quote.ts'

/** What amcheck and the list of invalid indexes concern: valid B-trees that are not of other sessions' temporary tables. */
const btreesQuery = `
SELECT c.oid::text, c.oid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_am a ON a.oid = c.relam
WHERE a.amname = 'btree' AND c.relkind = 'i' AND c.relpersistence <> 't' AND i.indisvalid AND i.indisready
ORDER BY 2`
const indexesAtOnce = 100
const proofSchema = 'holdfast_proof'

export async function checkInvalidIndexes(connection: PostgresConnection, ctx: Context): Promise<CheckOutcome> {
  const [result] = await connection.query(
    `SELECT indexrelid::regclass::text, indrelid::regclass::text, count(*) OVER () FROM pg_index
     WHERE NOT indisvalid OR NOT indisready ORDER BY 1 LIMIT 20`,
    ctx,
  )
  const rows = result?.rows ?? []
  return rows.length === 0
    ? passed('every index is valid')
    : failed(
        `${rows[0]?.[2]} invalid indexes, such as ${rows.map(([index, table]) => `${index} on ${table}`).join(', ')}`,
      )
}

/** B-trees in order, level by level, by the server's own extension, where it is installed. The server must take writes. */
export async function checkBtrees(connection: PostgresConnection, ctx: Context): Promise<CheckOutcome> {
  const [available] = await connection.query(`SELECT 1 FROM pg_available_extensions WHERE name = 'amcheck'`, ctx)
  if (available?.rows.length !== 1) return skipped('the extension amcheck is not installed beside the server used here')
  const schema = quoteIdentifier(await installAmcheck(connection, ctx))
  const [indexes] = await connection.query(btreesQuery, ctx)
  const found = indexes?.rows ?? []
  const oids = found.map(([oid]) => oid ?? '0')
  for (let start = 0; start < oids.length; start += indexesAtOnce) {
    const some = oids.slice(start, start + indexesAtOnce).join(',')
    await connection.query(`SELECT ${schema}.bt_index_check(oid) FROM unnest(ARRAY[${some}]::oid[]) AS i(oid)`, ctx)
  }
  return passed(`${countOf(found.length, 'B-tree')} ${found.length === 1 ? 'is' : 'are'} in order`)
}

/** Returns the schema that holds the extension's functions. */
async function installAmcheck(connection: PostgresConnection, ctx: Context): Promise<string> {
  const [present] = await connection.query(
    `SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'amcheck'`,
    ctx,
  )
  const schema = present?.rows[0]?.[0]
  if (schema !== undefined && schema !== null) return schema
  await connection.query(`CREATE SCHEMA ${proofSchema}; CREATE EXTENSION amcheck SCHEMA ${proofSchema}`, ctx)
  return proofSchema
}
