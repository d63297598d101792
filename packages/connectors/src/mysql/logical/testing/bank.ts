/** For tests: accounts in tables of several databases, between which money is moved all the time. */
import { quietContext } from '@holdfast/core/context'
import { connectMysql } from '../../connection/connect.ts'
import type { TextRows } from '../../connection/connection.ts'
import type { TestServer } from '../../testing/test-server.ts'

const tables = ['bank1.large', 'bank1.a', 'bank1.z', 'bank2.a', 'bank2.b', 'bank3.only']
const smallRows = 200
const largeRows = 12_000

/** One table that a dump divides, and small ones. */
export async function makeBank(server: TestServer): Promise<void> {
  const columns = '(id bigint PRIMARY KEY, balance int NOT NULL, note varchar(200) NOT NULL)'
  const numbers = (count: number): string =>
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count}) SELECT i, 100, REPEAT(SHA2(i, 256), 2) FROM n`
  const isMysql = (await server.sql('SELECT VERSION()'))[0]?.[0]?.includes('MariaDB') !== true
  const depth = isMysql ? 'cte_max_recursion_depth' : 'max_recursive_iterations'
  await server.sql([
    `SET SESSION ${depth} = ${largeRows}`,
    ...['CREATE DATABASE bank1', 'CREATE DATABASE bank2', 'CREATE DATABASE bank3', 'USE bank1'],
    ...tables.flatMap((table) => {
      const count = table.endsWith('large') ? largeRows : smallRows
      return [`CREATE TABLE ${table} ${columns}`, `INSERT INTO ${table} ${numbers(count)}`]
    }),
    'CREATE TABLE bank1.moves (id int PRIMARY KEY AUTO_INCREMENT, amount int)',
    `ANALYZE TABLE ${tables.join(', ')}`,
  ])
}

export interface Transfers extends AsyncDisposable {
  /** how many the server had committed at a GTID */
  countAt(gtid: string): number
  /** of all money, which never changes */
  readonly expected: TextRows
  sums(server: TestServer): Promise<TextRows>
  stop(): Promise<void>
}

/** Moves money from one table to another, in a transaction each, on several sessions. */
export async function startTransfers(server: TestServer): Promise<Transfers> {
  const ctx = quietContext()
  const state = { isOver: false }
  const isMysql = (await server.sql('SELECT VERSION()'))[0]?.[0]?.includes('MariaDB') !== true
  const [[before] = []] = await server.sql(`SELECT @@GLOBAL.${isMysql ? 'gtid_executed' : 'gtid_binlog_pos'}`)
  const workers = [1, 2, 3].map(async (worker) => {
    await using session = await connectMysql(server.target(), ctx)
    for (let turn = worker; !state.isOver; turn += 7) {
      const [from, to] = [tables[turn % tables.length], tables[(turn * 5 + 1) % tables.length]]
      // each has its own rows, so that they do not wait for each other
      const row = (turn % 60) * 3 + worker
      await session.query('BEGIN', ctx)
      await session.query(`UPDATE ${from} SET balance = balance - 1 WHERE id = ${row}`, ctx)
      await session.query(`UPDATE ${to} SET balance = balance + 1 WHERE id = ${row}`, ctx)
      await session.query('INSERT INTO bank1.moves (amount) VALUES (1)', ctx)
      await session.query('COMMIT', ctx)
    }
  })
  const stop = async (): Promise<void> => {
    state.isOver = true
    await Promise.all(workers)
  }
  const total = 100 * (largeRows + smallRows * (tables.length - 1))
  return {
    countAt: (gtid) => lastNumber(gtid) - lastNumber(before ?? ''),
    expected: [[String(total)]],
    sums: (other) =>
      other.sql(
        `SELECT SUM(balance) FROM (${tables.map((table) => `SELECT balance FROM ${table}`).join(' UNION ALL ')}) t`,
      ),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

/** Of "0-1-77" and of "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-77". */
function lastNumber(gtid: string): number {
  return Number(/(\d+)$/.exec(gtid)?.[1] ?? 0)
}
