import { sql } from 'kysely'
import type { MarkStore } from '../catalogue.ts'
import type { CatalogueStore } from '../store/catalogue-store.ts'

export function createMarkStore(store: CatalogueStore): MarkStore {
  return {
    get: (key) =>
      store.read(async (reader) => {
        const row = await reader.selectFrom('marks').select('value').where('key', '=', key).executeTakeFirst()
        return row?.value
      }),
    list: (prefix) =>
      store.read(async (reader) => {
        // not LIKE, which has letters of its own and ignores case in one of the stores
        const starts = sql<string>`substr(${sql.ref('key')}, 1, length(cast(${prefix} as text)))`
        const rows = await reader.selectFrom('marks').selectAll().where(starts, '=', prefix).orderBy('key').execute()
        return new Map(rows.map(({ key, value }) => [key, value]))
      }),
    set: (key, value) =>
      store.write(async (writer) => {
        await writer
          .insertInto('marks')
          .values({ key, value })
          .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
          .execute()
      }),
    compareAndSet: (key, expected, value) =>
      store.write(async (writer) => {
        if (expected === undefined) {
          const added = await writer
            .insertInto('marks')
            .values({ key, value })
            .onConflict((conflict) => conflict.column('key').doNothing())
            .executeTakeFirst()
          return (added.numInsertedOrUpdatedRows ?? 0n) > 0n
        }
        const { numUpdatedRows } = await writer
          .updateTable('marks')
          .set({ value })
          .where('key', '=', key)
          .where('value', '=', expected)
          .executeTakeFirst()
        return numUpdatedRows > 0n
      }),
    remove: (key) =>
      store.write(async (writer) => {
        await writer.deleteFrom('marks').where('key', '=', key).execute()
      }),
  }
}
