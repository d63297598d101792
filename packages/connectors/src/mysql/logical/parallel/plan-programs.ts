import { quoteIdentifier } from '../../connection/quote.ts'
import type { DumpPart } from '../dump-splitter.ts'
import type { DatabaseStructure } from '../read-structure.ts'
import type { SizedTable } from './table-size.ts'

/** What one dump program writes. */
export type DumpTask =
  /** databases with all that belongs to them, without some tables: "database.table" */
  | { readonly type: 'databases'; readonly databases: string[]; readonly ignored: string[] }
  | { readonly type: 'tables'; readonly database: string; readonly tables: string[] }
  | {
      readonly type: 'rows'
      readonly database: string
      readonly table: string
      readonly where: string
      /** with the structure of the table before them */
      readonly isFirst: boolean
      /** with its triggers behind them */
      readonly isLast: boolean
    }

/** Where a part of a file comes from. */
export interface PartOrigin {
  /** position of the task */
  readonly task: number
  readonly type: Exclude<DumpPart['type'], 'head' | 'tail'>
}

export interface DumpPlan {
  readonly tasks: readonly DumpTask[]
  /** each database's file, in order, put together of these parts */
  readonly files: readonly { readonly database: string; readonly parts: readonly PartOrigin[] }[]
}

/** A table in the order of the dump, and where in the work it begins and ends. */
export interface PlacedTable {
  readonly table: SizedTable
  readonly firstShare: number
  readonly lastShare: number
  /** keys at which further pieces begin; none: it stays whole */
  readonly borders: readonly bigint[]
}

/**
 * Which programs are needed. Each share has one for the databases that begin in it, with the tables they begin with; one for each
 * row of further tables of a database; and one for each of its pieces of a divided table.
 */
export function planPrograms(databases: readonly DatabaseStructure[], placed: readonly PlacedTable[]): DumpPlan {
  const tasks: DumpTask[] = []
  const homes = new Map<number, { readonly task: number; readonly databases: string[]; readonly ignored: string[] }>()
  const placedIn = Map.groupBy(placed, ({ table }) => table.database)
  let share = 0
  const files = databases.map(({ name: database, tables }) => {
    const own = placedIn.get(database) ?? []
    share = own[0]?.firstShare ?? share
    const home = homes.get(share) ?? { task: tasks.length, databases: [], ignored: [] }
    if (!homes.has(share)) tasks.push({ type: 'databases', databases: home.databases, ignored: home.ignored })
    homes.set(share, home)
    home.databases.push(database)
    const parts: PartOrigin[] = [{ task: home.task, type: 'database' }]
    const withHome = own.findIndex(({ borders, firstShare }) => borders.length > 0 || firstShare !== share)
    const apart = withHome < 0 ? [] : own.slice(withHome)
    const atHome = new Set(own.slice(0, own.length - apart.length).map(({ table }) => table.table))
    home.ignored.push(...tables.filter(({ name }) => !atHome.has(name)).map(({ name }) => `${database}.${name}`))
    for (const task of tasksApart(database, apart)) {
      parts.push({ task: tasks.length, type: 'database' })
      tasks.push(task)
    }
    parts.push({ task: home.task, type: 'end' })
    share = own.at(-1)?.lastShare ?? share
    return { database, parts }
  })
  return { tasks, files }
}

function tasksApart(database: string, placed: readonly PlacedTable[]): DumpTask[] {
  const tasks: DumpTask[] = []
  let run: { readonly share: number; readonly tables: string[] } | undefined
  for (const { table, firstShare: share, borders } of placed) {
    if (borders.length > 0) {
      run = undefined
      tasks.push(...rangesOf(table, borders))
    } else if (run?.share === share) run.tables.push(table.table)
    else {
      run = { share, tables: [table.table] }
      tasks.push({ type: 'tables', database, tables: run.tables })
    }
  }
  return tasks
}

function rangesOf({ database, table, key = '' }: SizedTable, borders: readonly bigint[]): DumpTask[] {
  const column = quoteIdentifier(key)
  return [undefined, ...borders].map((from, position) => {
    const to = borders[position]
    const conditions = [
      ...(from === undefined ? [] : [`${column} >= ${from}`]),
      ...(to === undefined ? [] : [`${column} < ${to}`]),
    ]
    const where = conditions.join(' AND ')
    return { type: 'rows', database, table, where, isFirst: from === undefined, isLast: to === undefined }
  })
}
