import { setTimeout } from 'node:timers/promises'
import type { PostgresConnection } from '@holdfast/connectors/postgresql/connection/connection'
import type { WalTime } from '@holdfast/connectors/postgresql/wal/wal-time'
import type { Context } from '@holdfast/core/context'
import type { ScratchPostgres } from './scratch-postgres.ts'

export const shop = 'shop'
const customers = 10_000
const firstOrders = 100_000
const sellEveryMs = 5

/** What is in a table at an instant, so that a copy can be held against it. */
export interface TableState {
  readonly table: string
  readonly rows: number
  /** the sum of a hash of every row */
  readonly fingerprint: string
}

/** Customers, their orders, and measurements with a time. */
export async function createShop(server: ScratchPostgres, ctx: Context): Promise<void> {
  await using postgres = await server.connect('postgres', ctx)
  await postgres.query(`CREATE DATABASE ${shop}`, ctx)
  await using connection = await server.connect(shop, ctx)
  await connection.query(
    `CREATE TABLE customers (id int PRIMARY KEY, email text NOT NULL UNIQUE, joined timestamptz NOT NULL);
     CREATE TABLE orders (
       id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer int NOT NULL REFERENCES customers,
       total numeric(10, 2) NOT NULL, note text NOT NULL, placed timestamptz NOT NULL DEFAULT clock_timestamp());
     CREATE TABLE events (
       id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer int NOT NULL REFERENCES customers,
       at timestamptz NOT NULL DEFAULT clock_timestamp(), value double precision NOT NULL);
     INSERT INTO customers SELECT i, 'customer' || i || '@example.org', now() - i * interval '1 hour'
       FROM generate_series(1, ${customers}) i;
     INSERT INTO orders (customer, total, note) SELECT 1 + i % ${customers}, random() * 500, md5(i::text)
       FROM generate_series(1, ${firstOrders}) i;
     CREATE INDEX orders_of_customer ON orders (customer)`,
    ctx,
  )
}

/** Sells without pause, as a shop does while it is backed up. */
export class ShopTraffic implements AsyncDisposable {
  readonly #connection: PostgresConnection
  readonly #ctx: Context
  readonly #running: Promise<void>
  #isOver = false
  #hasOrders = true
  #current: Promise<unknown> = Promise.resolve()

  private constructor(connection: PostgresConnection, ctx: Context) {
    this.#connection = connection
    this.#ctx = ctx
    this.#running = this.#run()
    // a failure is met when it is ended
    this.#running.catch(() => {})
  }

  static async start(server: ScratchPostgres, ctx: Context): Promise<ShopTraffic> {
    return new ShopTraffic(await server.connect(shop, ctx), ctx)
  }

  async #run(): Promise<void> {
    while (!this.#isOver && !this.#ctx.signal.aborted) {
      const customer = 1 + Math.floor(Math.random() * customers)
      const order = `INSERT INTO orders (customer, total, note) VALUES (${customer}, random() * 500, 'new');`
      const event = `INSERT INTO events (customer, value) VALUES (${customer}, random())`
      // both in one transaction
      this.#current = this.#connection.query(`${this.#hasOrders ? order : ''} ${event}`, this.#ctx)
      await this.#current
      await setTimeout(sellEveryMs)
    }
  }

  /** From here on there are only events: the table of orders may vanish. */
  async stopOrders(): Promise<void> {
    this.#hasOrders = false
    await this.#current
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true
    try {
      await this.#running
    } finally {
      await this.#connection[Symbol.asyncDispose]()
    }
  }
}

export interface Accident {
  /** one second before */
  readonly before: WalTime
  readonly droppedRows: number
  /** of every table, one second before */
  readonly states: readonly TableState[]
}

/** Drops the table of orders, and says what must be there again one second before. Nothing else may write orders. */
export async function dropOrders(connection: PostgresConnection, ctx: Context): Promise<Accident> {
  const before = await readText(
    connection,
    `SELECT to_char((clock_timestamp() - interval '1 second') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`,
    ctx,
  )
  const states = []
  for (const table of ['customers', 'orders', 'events']) states.push(await readState(connection, table, before, ctx))
  const droppedRows = Number(await readText(connection, 'SELECT count(*) FROM orders', ctx))
  await connection.query('DROP TABLE orders', ctx)
  return { before, droppedRows, states }
}

async function readState(
  connection: PostgresConnection,
  table: string,
  at: WalTime,
  ctx: Context,
): Promise<TableState> {
  const [result] = await connection.query(
    `SELECT count(*), ${fingerprint} FROM ${table} row WHERE pg_xact_commit_timestamp(xmin) <= '${at}'`,
    ctx,
  )
  const [rows, found] = result?.rows[0] ?? []
  return { table, rows: Number(rows), fingerprint: found ?? '' }
}

/** A question that is answered with true where a table holds just these rows. */
export function sameState({ table, rows, fingerprint: expected }: TableState): string {
  return `SELECT count(*) = ${rows} AND ${fingerprint} = ${expected} FROM ${table} row`
}

const fingerprint = 'coalesce(sum(hashtextextended(row::text, 0)), 0)'

async function readText(connection: PostgresConnection, sql: string, ctx: Context): Promise<string> {
  const [result] = await connection.query(sql, ctx)
  return result?.rows[0]?.[0] ?? ''
}
