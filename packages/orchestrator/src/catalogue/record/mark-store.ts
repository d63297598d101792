import type { MarkStore } from '../catalogue.ts'
import type { CatalogueStore } from '../store/catalogue-store.ts'
import type { MarkTable } from '../store/catalogue-tables.ts'
import { question } from '../store/question.ts'

export function createMarkStore(store: CatalogueStore): MarkStore {
  return {
    get: async (key) => {
      const [row] = await store.select<MarkTable>(question`select * from holdfast.marks where key = ${key}`)
      return row?.value
    },
    list: async (prefix) => {
      // not LIKE, which has letters of its own and ignores case in one of the stores
      const rows = await store.select<MarkTable>(question`select * from holdfast.marks
        where substr(key, 1, length(cast(${prefix} as text))) = ${prefix} order by key`)
      return new Map(rows.map(({ key, value }) => [key, value]))
    },
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
