import type { SourceSettings } from '@holdfast/core/config/effective-config'
import { countOf } from '@holdfast/core/units/count-of'
import { compareWithUsual, type History } from '../history.ts'
import { parseRowDrops, type RowDrop, rowDropsKey } from '../row-drops.ts'
import { percent } from '../wording.ts'
import type { Signal, SignalDetector } from './signal.ts'

/** Of a handful of rows, half are soon gone. */
const leastRowsGone = 100
const tablesNamed = 5

/**
 * A table has far fewer rows than at the backup before: deleted, truncated, or the wrong database. Where nobody knows
 * which table, all of them together are judged.
 */
export const detectRows: SignalDetector = (source, history, marks) =>
  judgeTables(source, marks) ?? judgeAll(source, history)

function judgeTables({ name, anomaly }: SourceSettings, marks: ReadonlyMap<string, string>): Signal | undefined {
  const noted = parseRowDrops(marks.get(rowDropsKey(name)))
  const drops = noted?.drops.filter(({ before, now }) => before - now >= before * anomaly.rowsDropBy) ?? []
  const [first, ...others] = drops
  if (noted === undefined || first === undefined) return undefined
  const more = others.length === 0 ? '' : `, and of ${countOf(others.length, 'more table', 'more tables')}`
  const left = drops.length - tablesNamed
  return {
    about: 'rows',
    title: `${percent((first.before - first.now) / first.before)} of the rows of ${first.table} in ${name} are gone${more}`,
    explanation: `${drops.slice(0, tablesNamed).map(dropText).join('; ')}${left > 0 ? `; and ${left} more` : ''}.`,
    figures: { rows: first.now, rowsBefore: first.before, tables: drops.length },
    at: noted.at,
    lastCleanAt: noted.beforeAt,
  }
}

function dropText({ table, before, now }: RowDrop): string {
  return `${table}: ${grouped(before)} rows in the backup before, ${grouped(now)} now`
}

function judgeAll(source: SourceSettings, history: History): Signal | undefined {
  // Rows are exact, so the backup before is enough to compare with.
  const comparison = compareWithUsual(history.series('backup-rows', `source/${source.name}`), 1)
  if (comparison === undefined) return undefined
  const { newest, previous, at } = comparison
  const gone = previous.value - newest
  if (gone < leastRowsGone || gone < previous.value * source.anomaly.rowsDropBy) return undefined
  return {
    about: 'rows',
    title: `${percent(gone / previous.value)} of the rows of ${source.name} are gone`,
    explanation: `${grouped(previous.value)} rows in the backup before, ${grouped(newest)} now.`,
    figures: { rows: newest, rowsBefore: previous.value },
    at,
    lastCleanAt: previous.at,
  }
}

/** "1 234 567" */
function grouped(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(?:\d{3})+$)/g, ' ')
}
