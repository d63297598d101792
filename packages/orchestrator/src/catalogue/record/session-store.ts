import type { SessionStore } from '../../access/session-record.ts'
import type { CatalogueStore } from '../store/catalogue-store.ts'

export function createSessionStore(store: CatalogueStore): SessionStore {
  return {
    add: ({ secretHash, user, openedAt, usedAt }) =>
      store.write(async (writer) => {
        const times = { opened_at: openedAt.getTime(), used_at: usedAt.getTime() }
        await writer
          .insertInto('sessions')
          .values({ secret_hash: secretHash, user_name: user, ...times })
          .execute()
      }),
    get: (secretHash) =>
      store.read(async (reader) => {
        const query = reader.selectFrom('sessions').selectAll().where('secret_hash', '=', secretHash)
        const row = await query.executeTakeFirst()
        if (row === undefined) return undefined
        const times = { openedAt: new Date(row.opened_at), usedAt: new Date(row.used_at) }
        return { secretHash: row.secret_hash, user: row.user_name, ...times }
      }),
    used: (secretHash, at) =>
      store.write(async (writer) => {
        const query = writer.updateTable('sessions').set({ used_at: at.getTime() })
        await query.where('secret_hash', '=', secretHash).execute()
      }),
    remove: (secretHash) =>
      store.write(async (writer) => {
        const query = writer.deleteFrom('sessions').where('secret_hash', '=', secretHash)
        return (await query.executeTakeFirst()).numDeletedRows > 0n
      }),
    trim: ({ usedAt, openedAt }) =>
      store.write(async (writer) => {
        const { numDeletedRows } = await writer
          .deleteFrom('sessions')
          .where(({ eb, or }) => or([eb('used_at', '<', usedAt.getTime()), eb('opened_at', '<', openedAt.getTime())]))
          .executeTakeFirst()
        return Number(numDeletedRows)
      }),
  }
}
