/**
 * `holdfast backup postgresql://…` is killed at several moments of its work, of which each method has the half unless
 * HOLDFAST_TEST_SWEEP is `full`. Nothing is listed that is not whole, the server
 * is left as it was, and the next run completes the work without help.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type PostgresServer, startPostgres } from '@holdfast/connectors/postgresql/testing/postgres-server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CliFixture, createCliFixture, launcherPath, password } from '../../apps/cli/src/cli-fixture.ts'
import { isFullSweep } from './sweep.ts'

let server: PostgresServer

beforeAll(async () => {
  server = await startPostgres()
  await server.sql(
    `CREATE TABLE large AS SELECT i, md5(i::text) || md5((i + 1)::text) AS x FROM generate_series(1, 400000) i; CHECKPOINT`,
  )
})
afterAll(() => server[Symbol.asyncDispose]())

interface Moment {
  readonly title: string
  /** whether it has come, with so many packs stored by this run */
  readonly hasCome: (packs: number) => Promise<boolean> | boolean
  /** and so long after it */
  readonly laterMs: number
}

const packsIn = ({ repository }: CliFixture): number =>
  readdirSync(join(repository, 'data'), { recursive: true, encoding: 'utf8' }).filter((name) => name.length > 60).length

const moments: readonly Moment[] = [
  { title: 'when it has just begun to hold WAL', hasCome: async () => (await ownSessions()).length > 0, laterMs: 0 },
  { title: 'while it reads', hasCome: async () => (await ownSessions()).length > 0, laterMs: 400 },
  { title: 'when it has stored a pack', hasCome: (packs) => packs > 0, laterMs: 0 },
  { title: 'when it has stored most of it', hasCome: (packs) => packs > 1, laterMs: 50 },
]

/** What the server has of ours: sessions, slots, base backups. */
async function ownSessions(): Promise<readonly (readonly (string | null)[])[]> {
  return await server.sql(
    `SELECT 'session ' || application_name FROM pg_stat_activity WHERE application_name LIKE 'holdfast%'
       AND pid <> pg_backend_pid() UNION ALL SELECT 'slot ' || slot_name FROM pg_replication_slots
     UNION ALL SELECT 'base backup ' || phase FROM pg_stat_progress_basebackup`,
  )
}

describe.each(['wire', 'direct'] as const)('a backup by the %s method that is killed', (method) => {
  test('lists nothing that is not whole, leaves the server clean, and is completed by the next run', async () => {
    await using fixture = await createCliFixture()
    await fixture.init()
    await chmod(fixture.directory, 0o755)
    // one thread, small packs: they come one after the other, not all at the end
    const packs = ['--pack-size', '4', '--read-concurrency', '1']
    const words = ['backup', server.url(), '--source', 'shop', '--method', method, ...packs]
    const met: string[] = []
    const chosen = moments.filter((_moment, number) => isFullSweep || number % 2 === (method === 'wire' ? 0 : 1))
    for (const moment of chosen) {
      // so slowly that it is at work then on any machine
      if (await killAt(moment, fixture, [...words, '--limit-upload', '3000'])) met.push(moment.title)
      await expect.poll(ownSessions).toEqual([])
      const listed = await fixture.run(['snapshots', '--json'])
      expect([moment.title, listed.exitCode, JSON.parse(listed.stdout)]).toEqual([moment.title, 0, []])
    }
    expect(met, 'moments at which it was still at work').toHaveLength(chosen.length)
    const made = await fixture.run(words)
    expect(made, made.stderr).toMatchObject({ exitCode: 0 })
    expect(await ownSessions()).toEqual([])
    const checked = await fixture.run(['check', '--read-data'])
    expect(checked, checked.stdout).toMatchObject({ exitCode: 0 })
    const question = 'SELECT count(*) = 400000 AND sum(i) = 80000200000 FROM large'
    const options = ['--postgres-bin', server.binDirectory, '--sandbox', fixture.directory]
    const proof = await fixture.run(['verify', 'shop', '--assert', question, ...options])
    expect(proof, proof.stdout).toMatchObject({ exitCode: 0 })
  })
})

/** Whether it was still at work then. */
async function killAt(moment: Moment, fixture: CliFixture, words: readonly string[]): Promise<boolean> {
  // oxlint-disable-next-line node/no-process-env
  const { PATH, NODE_COMPILE_CACHE } = process.env
  const own = { HOME: fixture.directory, HOLDFAST_REPOSITORY: fixture.repository, HOLDFAST_PASSWORD: password }
  const child = spawn(process.execPath, [launcherPath, ...words], {
    env: { PATH, NODE_COMPILE_CACHE, ...own },
    stdio: 'ignore',
  })
  const ended = once(child, 'exit')
  const packsBefore = packsIn(fixture)
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null
  while (!isOver() && !(await moment.hasCome(packsIn(fixture) - packsBefore))) await pause(5)
  await pause(moment.laterMs)
  const wasAtWork = !isOver()
  child.kill('SIGKILL')
  await ended
  return wasAtWork
}
