import type { Selectable } from 'kysely'
import type { Sample, SampleStore } from '../catalogue.ts'
import type { CatalogueStore, CatalogueWriter } from '../store/catalogue-store.ts'
import type { SampleTable } from '../store/catalogue-tables.ts'
import { limitTo, question, whereAll } from '../store/question.ts'
import { rowGroups } from './row-groups.ts'

type SampleRow = Selectable<SampleTable>

/** The newest of each figure and subject is kept a second time, so that nobody looks through all of them for it. */
export function createSampleStore(store: CatalogueStore): SampleStore {
  return {
    add: (samples) => store.write((writer) => addSamples(writer, samples.map(rowOf))),
    list: async ({ figure, subject, since, newest }) => {
      const where = whereAll([
        question`figure = ${figure}`,
        subject === undefined ? undefined : question`subject = ${subject}`,
        question`at >= ${since.getTime()}`,
      ])
      // a server reads tens of thousands of these when it starts: what is known already is not read
      const columns = subject === undefined ? question`subject, at, value` : question`at, value`
      const rows = await store.select<Partial<Pick<SampleRow, 'subject'>> & Pick<SampleRow, 'at' | 'value'>>(
        question`select ${columns} from holdfast.samples ${where} order by at desc, subject desc ${limitTo(newest)}`,
      )
      return rows
        .map((row) => sampleOf({ figure, subject: subject ?? row.subject ?? '', at: row.at, value: row.value }))
        .toReversed()
    },
    newest: async () => (await store.select<SampleRow>(question`select * from holdfast.newest_samples`)).map(sampleOf),
    trim: (before) =>
      store.write(async (writer) => {
        const old = await writer.deleteFrom('samples').where('at', '<', before.getTime()).executeTakeFirst()
        return Number(old.numDeletedRows)
      }),
  }
}

async function addSamples(writer: CatalogueWriter, rows: readonly SampleRow[]): Promise<void> {
  const single = new Map(rows.map((row) => [`${row.figure}\n${row.subject}\n${row.at}`, row]))
  for (const group of rowGroups([...single.values()])) {
    await writer
      .insertInto('samples')
      .values(group)
      .onConflict((conflict) =>
        conflict.columns(['figure', 'subject', 'at']).doUpdateSet(({ ref }) => ({ value: ref('excluded.value') })),
      )
      .execute()
  }
  for (const group of rowGroups(newestOf(rows))) {
    await writer
      .insertInto('newest_samples')
      .values(group)
      .onConflict((conflict) =>
        conflict
          .columns(['figure', 'subject'])
          .doUpdateSet(({ ref }) => ({ at: ref('excluded.at'), value: ref('excluded.value') }))
          .whereRef('newest_samples.at', '<=', 'excluded.at'),
      )
      .execute()
  }
}

function newestOf(rows: readonly SampleRow[]): SampleRow[] {
  const newest = new Map<string, SampleRow>()
  for (const row of rows) {
    const key = `${row.figure}\n${row.subject}`
    if (row.at >= (newest.get(key)?.at ?? -Infinity)) newest.set(key, row)
  }
  return [...newest.values()]
}

function rowOf({ figure, subject, at, value }: Sample): SampleRow {
  return { figure, subject, at: at.getTime(), value }
}

function sampleOf({ figure, subject, at, value }: SampleRow): Sample {
  return { figure, subject, at: new Date(at), value }
}
