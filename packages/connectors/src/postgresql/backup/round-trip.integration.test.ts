import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { hasPostgres, type PostgresServer, startPostgres } from '../testing/postgres-server.ts'
import { startBackup } from './backup-fixture.ts'
import { type RestoredBackup, restoreBackup, type RestoredServer } from './restored-backup-fixture.ts'

const majors = [13, 14, 15, 16, 17, 18]
const methods = ['wire', 'direct'] as const

const schema = `
  CREATE TABLE settled AS SELECT i AS id, md5(i::text) AS text FROM generate_series(1, 20000) i;
  CREATE INDEX ON settled (text);
  CREATE TABLE elsewhere (id int PRIMARY KEY) TABLESPACE fast;
  INSERT INTO elsewhere SELECT generate_series(1, 1000);
  CREATE UNLOGGED TABLE forgotten AS SELECT generate_series(1, 1000) AS id;
  CREATE TABLE account (id int PRIMARY KEY, balance bigint) WITH (fillfactor = 50);
  INSERT INTO account SELECT i, 0 FROM generate_series(1, 5000) i;
  CREATE TABLE ledger (account int, amount bigint);`

const digest = `SELECT md5(string_agg(id || text, ',' ORDER BY id)), (SELECT count(*) FROM elsewhere) FROM settled`

/** Each transfer keeps the ledger and the balances equal: a backup that mixes states shows. */
const transfer = `
  WITH paid AS (UPDATE account SET balance = balance + 7 WHERE id % 500 = (random() * 499)::int RETURNING id)
  INSERT INTO ledger SELECT id, 7 FROM paid`

const balance = `SELECT (SELECT sum(balance) FROM account) = (SELECT coalesce(sum(amount), 0) FROM ledger),
                        (SELECT count(*) FROM ledger) > 0`

/** Writes until told to stop, while the action runs. */
async function underLoad<Result>(server: PostgresServer, action: () => Promise<Result>): Promise<Result> {
  const state = { stopped: false }
  const write = async (): Promise<void> => {
    while (!state.stopped) await server.sql(transfer)
  }
  const writers = [write(), write()]
  try {
    await pause(200)
    return await action()
  } finally {
    state.stopped = true
    await Promise.all(writers)
  }
}

async function expectSame(server: PostgresServer, restored: RestoredServer): Promise<void> {
  expect(await restored.sql(digest)).toEqual(await server.sql(digest))
  expect(await restored.sql(balance)).toEqual([['t', 't']])
  expect(await restored.sql('SELECT count(*) FROM forgotten')).toEqual([['0']])
  expect(await restored.sql('SELECT pg_is_in_recovery()')).toEqual([['f']])
}

function backUpAndRestore(server: PostgresServer, method: 'wire' | 'direct'): Promise<RestoredBackup> {
  return underLoad(server, async () => restoreBackup(await startBackup(server, { method }), server))
}

/** The oldest, the newest and Debian's own in each way; those between them in one of the two, unless HOLDFAST_TEST_SWEEP is `full`. */
function methodsFor(major: number): readonly ('wire' | 'direct')[] {
  // oxlint-disable-next-line node/no-process-env
  const isFull = process.env['HOLDFAST_TEST_SWEEP'] === 'full'
  if (isFull || major === 13 || major === 15 || major === 18) return methods
  return major === 16 ? ['wire'] : ['direct']
}

for (const major of majors) {
  describe.runIf(await hasPostgres(major))(`PostgreSQL ${major}`, () => {
    it.each(methodsFor(major))('comes back from a %s backup taken while it was written to', async (method) => {
      await using server = await startPostgres({ major, tablespaces: ['fast'] })
      await server.sql(schema)
      await using restored = await backUpAndRestore(server, method)
      const started = await restored.start()
      await expectSame(server, started)
      expect(await server.sql('SELECT count(*) FROM pg_replication_slots')).toEqual([['0']])
    })
  })
}

describe('a backup under pgbench', () => {
  it.each(methods)('by the %s method is one state of the database', async (method) => {
    await using server = await startPostgres({ settings: { max_wal_size: '200MB', checkpoint_timeout: '30s' } })
    const program = join(server.binDirectory, 'pgbench')
    const at = ['-h', server.socketDirectory, '-p', String(server.port), '-U', 'postgres', 'postgres']
    await ended(program, ['-i', '-q', '-s', '5', ...at])
    const load = ended(program, ['-c', '4', '-T', '5', '-R', '800', '-n', ...at])
    await pause(1500)
    await using restored = await restoreBackup(await startBackup(server, { method }), server)
    await load
    const started = await restored.start()
    const sums = `SELECT (SELECT sum(abalance) FROM pgbench_accounts), (SELECT sum(bbalance) FROM pgbench_branches),
                         (SELECT sum(tbalance) FROM pgbench_tellers), (SELECT sum(delta) FROM pgbench_history),
                         (SELECT count(*) > 0 FROM pgbench_history)`
    const [[accounts, branches, tellers, history, hasHistory] = []] = await started.sql(sums)
    expect([branches, tellers, history]).toEqual([accounts, accounts, accounts])
    expect(hasHistory).toBe('t')
  })
})

function ended(program: string, args: readonly string[]): Promise<void> {
  const child = spawn(program, args, { stdio: 'ignore' })
  return new Promise((done, fail) => {
    child.once('error', fail)
    child.once('exit', (code) => (code === 0 ? done() : fail(new Error(`${program} ended with ${code}`))))
  })
}
