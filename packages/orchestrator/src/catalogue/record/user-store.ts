import type { Selectable } from 'kysely'
import type { UserChange, UserRecord, UserStore } from '../../access/user-record.ts'
import type { CatalogueStore, CatalogueWriter } from '../store/catalogue-store.ts'
import type { UserTable } from '../store/catalogue-tables.ts'

export function createUserStore(store: CatalogueStore): UserStore {
  const find = (column: 'name' | 'subject', value: string): Promise<UserRecord | undefined> =>
    store.read(async (reader) => {
      const row = await reader.selectFrom('users').selectAll().where(column, '=', value).executeTakeFirst()
      return row && recordOf(row)
    })
  return {
    get: (name) => find('name', name),
    bySubject: (subject) => find('subject', subject),
    list: () =>
      store.read(async (reader) => {
        return (await reader.selectFrom('users').selectAll().orderBy('name').execute()).map(recordOf)
      }),
    add: (user) =>
      store.write(async (writer) => {
        const added = await writer
          .insertInto('users')
          .values(rowOf(user))
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirst()
        return (added.numInsertedOrUpdatedRows ?? 0n) > 0n
      }),
    change: (name, { role, password }, { isFinal } = {}) =>
      changeUser(store, name, isFinal === true || role === 'admin' || role === undefined, async (writer) => {
        const set = { ...(role !== undefined && { role }), ...(password !== undefined && { password }) }
        await writer.updateTable('users').set(set).where('name', '=', name).execute()
        await writer.deleteFrom('sessions').where('user_name', '=', name).execute()
      }),
    remove: (name, { isFinal = false } = {}) =>
      changeUser(store, name, isFinal, async (writer) => {
        await writer.deleteFrom('users').where('name', '=', name).execute()
        await writer.deleteFrom('sessions').where('user_name', '=', name).execute()
        await writer.deleteFrom('tokens').where('owner', '=', name).execute()
      }),
  }
}

/** Alone, so that two who each take the role of the other's admin do not both find one left. */
async function changeUser(
  store: CatalogueStore,
  name: string,
  mayTakeLast: boolean,
  change: (writer: CatalogueWriter) => Promise<void>,
): Promise<UserChange> {
  return await store.write(async (writer) => {
    await store.lockQueue(writer)
    const row = await writer.selectFrom('users').select('role').where('name', '=', name).executeTakeFirst()
    if (row === undefined) return 'unknown'
    if (row.role === 'admin' && !mayTakeLast) {
      const admins = await writer.selectFrom('users').select('name').where('role', '=', 'admin').limit(2).execute()
      if (admins.length < 2) return 'last-admin'
    }
    await change(writer)
    return 'done'
  })
}

function rowOf({ name, role, password, subject, createdAt }: UserRecord): UserTable {
  return { name, role, password: password ?? null, subject: subject ?? null, created_at: createdAt.getTime() }
}

function recordOf(row: Selectable<UserTable>): UserRecord {
  return {
    name: row.name,
    // boundary: written by rowOf
    role: row.role as UserRecord['role'],
    createdAt: new Date(row.created_at),
    ...(row.password !== null && { password: row.password }),
    ...(row.subject !== null && { subject: row.subject }),
  }
}
