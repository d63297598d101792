import type { Selectable } from 'kysely'
import type { TokenRecord, TokenStore } from '../../access/token-record.ts'
import type { CatalogueStore } from '../store/catalogue-store.ts'
import type { TokenTable } from '../store/catalogue-tables.ts'

export function createTokenStore(store: CatalogueStore): TokenStore {
  const find = (column: 'name' | 'secret_hash', value: string): Promise<TokenRecord | undefined> =>
    store.read(async (reader) => {
      const row = await reader.selectFrom('tokens').selectAll().where(column, '=', value).executeTakeFirst()
      return row && recordOf(row)
    })
  return {
    list: (owner) =>
      store.read(async (reader) => {
        let query = reader.selectFrom('tokens').selectAll()
        if (owner !== undefined) query = query.where('owner', '=', owner)
        return (await query.orderBy('name').execute()).map(recordOf)
      }),
    get: (name) => find('name', name),
    byHash: (secretHash) => find('secret_hash', secretHash),
    add: (token) =>
      store.write(async (writer) => {
        const added = await writer
          .insertInto('tokens')
          .values(rowOf(token))
          .onConflict((conflict) => conflict.column('name').doNothing())
          .executeTakeFirst()
        return (added.numInsertedOrUpdatedRows ?? 0n) > 0n
      }),
    used: (name, at) =>
      store.write(async (writer) => {
        await writer.updateTable('tokens').set({ used_at: at.getTime() }).where('name', '=', name).execute()
      }),
    remove: (name) =>
      store.write(async (writer) => {
        const { numDeletedRows } = await writer.deleteFrom('tokens').where('name', '=', name).executeTakeFirst()
        return numDeletedRows > 0n
      }),
  }
}

function rowOf(token: TokenRecord): TokenTable {
  return {
    name: token.name,
    secret_hash: token.secretHash,
    owner: token.owner ?? null,
    role: token.role,
    sources: token.sources === undefined ? null : JSON.stringify(token.sources),
    created_at: token.createdAt.getTime(),
    expires_at: token.expiresAt?.getTime() ?? null,
    used_at: token.usedAt?.getTime() ?? null,
  }
}

function recordOf(row: Selectable<TokenTable>): TokenRecord {
  return {
    name: row.name,
    secretHash: row.secret_hash,
    // boundary: written by rowOf, as are the sources
    role: row.role as TokenRecord['role'],
    createdAt: new Date(row.created_at),
    ...(row.owner !== null && { owner: row.owner }),
    ...(row.sources !== null && { sources: JSON.parse(row.sources) as readonly string[] }),
    ...(row.expires_at !== null && { expiresAt: new Date(row.expires_at) }),
    ...(row.used_at !== null && { usedAt: new Date(row.used_at) }),
  }
}
