/** `follow` and `coverage` as their users run them. */
import { type PostgresServer, startPostgres } from '@holdfast/connectors/postgresql/testing/postgres-server'
import { untilReceived } from '@holdfast/connectors/postgresql/testing/until-received'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CliFixture, type CliRun, createCliFixture } from '../cli-fixture.ts'

const stack = new AsyncDisposableStack()
let fixture: CliFixture
let server: PostgresServer

beforeAll(async () => {
  fixture = stack.use(await createCliFixture())
  await fixture.init()
  server = stack.use(await startPostgres({ initdbArguments: ['--wal-segsize=1'] }))
  await server.sql('CREATE TABLE load (id serial, text text)')
})
afterAll(() => stack.disposeAsync())

/** Follows until the work is done, then stops as a service is stopped. */
async function followDuring(
  work: (shown: () => string) => Promise<void>,
  words: readonly string[] = [],
): Promise<CliRun> {
  const actives = async (): Promise<unknown> =>
    (await server.sql(`SELECT count(*) FROM pg_replication_slots WHERE active`))[0]?.[0]
  // the session of the one before
  await expect.poll(actives).toBe('0')
  let [pid, shown] = [0, '']
  const all = ['follow', server.url(), '--source', 'shop', '--flush-every', '500ms', ...words]
  const following = fixture.run(all, {
    onStart: (started) => (pid = started),
    onOutput: (text) => (shown += text),
  })
  await expect.poll(actives).toBe('1')
  await work(() => shown)
  await untilReceived(server)
  process.kill(pid, 'SIGTERM')
  return await following
}

describe('follow', () => {
  test('ends in order when it is told to stop, with everything stored', async () => {
    const backup = await fixture.run(['backup', server.url(), '--source', 'shop'])
    expect(backup, backup.stderr).toMatchObject({ exitCode: 0 })
    // only who follows makes a slot, which may fill the disk
    expect(backup.stderr).toMatch(/^warning: fsync is off: .*\n {2}Set fsync = on in postgresql\.conf/m)
    expect(backup.stderr).not.toContain('max_slot_wal_keep_size')
    // what the server writes on its own account afterwards is not meant
    let writtenTo = ''
    const followed = await followDuring(async () => {
      await server.sql(`INSERT INTO load (text) SELECT md5(i::text) FROM generate_series(1, 20000) i`)
      writtenTo = String((await server.sql('SELECT pg_current_wal_flush_lsn()'))[0]?.[0])
    })
    expect(followed, followed.stderr).toMatchObject({ exitCode: 0 })
    expect(followed.stderr.match(/^warning: /gm)).toHaveLength(2)
    expect(followed.stderr).toContain('fsync is off')
    expect(followed.stderr).toContain('max_slot_wal_keep_size is unlimited')
    expect(followed.stdout).toContain('as shop')
    expect(followed.stdout).toMatch(/everything up to 0\/[0-9A-F]+ is stored, recoverable until /)
    const [slot] = await server.sql(`SELECT slot_name, restart_lsn >= '${writtenTo}' FROM pg_replication_slots`)
    expect(slot).toEqual(['holdfast_shop', 't'])
  })

  test('goes on where it ended, and tells programs each step', async () => {
    const followed = await followDuring(
      async (shown) => {
        await server.sql(`INSERT INTO load (text) VALUES ('one more')`)
        await expect.poll(shown).toMatch(/"message_type":"log".*"recoverable_until":/)
      },
      ['--json'],
    )
    expect(followed, followed.stderr).toMatchObject({ exitCode: 0 })
    const messages = followed.stdout
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line))
    expect(messages).toContainEqual(
      expect.objectContaining({ message_type: 'log', recoverable_until: expect.any(String) }),
    )
    expect(messages).toContainEqual({
      message_type: 'finding',
      code: 'SLOT_WAL_UNLIMITED',
      message: expect.stringContaining('fills the disk'),
      hint: expect.stringContaining('max_slot_wal_keep_size'),
    })
    expect(messages.at(-1)).toMatchObject({ message_type: 'summary', source: 'shop', timeline: 1 })
  })

  test('and a backup refuse a server that is another cluster than the source has been so far', async () => {
    await using other = await startPostgres()
    const before = await fixture.fingerprint()
    for (const command of ['backup', 'follow']) {
      const refused = await fixture.run([command, other.url(), '--source', 'shop'])
      expect(refused.exitCode).toBe(1)
      expect(refused.stderr).toMatch(/belongs to the cluster \d+, not to \d+\nhint: .*--source/)
    }
    expect(await other.sql('SELECT count(*) FROM pg_replication_slots')).toEqual([['0']])
    expect(await fixture.fingerprint()).toBe(before)
  })

  test('says at once that the server writes too little WAL', async () => {
    await using poor = await startPostgres({ settings: { wal_level: 'minimal', max_wal_senders: 0 } })
    const refused = await fixture.run(['follow', poor.url(), '--source', 'poor'])
    expect(refused.exitCode).toBe(1)
    expect(refused.stderr).toContain('wal_level is minimal')
    expect(refused.stderr).toContain('Set wal_level = replica')
  })

  test('refuses a password among its arguments, and names that are none', async () => {
    const refused = await fixture.run(['follow', 'postgresql://backup:secret@127.0.0.1:1/postgres'])
    expect(refused.exitCode).toBe(1)
    expect(refused.stderr).toContain('~/.pgpass')
    expect(refused.stderr).not.toContain('secret')
    for (const words of [
      ['--source', 'a/b'],
      ['--slot', 'Big'],
      ['--flush-every', '0'],
      ['--flush-every', 'often'],
    ]) {
      const run = await fixture.run(['follow', server.url(), ...words])
      expect(run, run.stderr).toMatchObject({ exitCode: 1, stdout: '' })
      expect(run.stderr).toContain(`for ${words[0] ?? ''}`)
    }
  })
})

describe('coverage', () => {
  test('shows one range without gaps, and how much would be lost', async () => {
    const shown = await fixture.run(['coverage', 'shop'])
    expect(shown, shown.stderr).toMatchObject({ exitCode: 0, stderr: '' })
    expect(shown.stdout).toMatch(/covered +\d{4}-/)
    expect(shown.stdout).not.toContain('GAP')
    expect(shown.stdout).toContain('█')
    expect(shown.stdout).toContain('1 base backup')
    expect(shown.stdout).toMatch(/the last .+ would be gone/)
  })

  test('shows the gap that a lost slot leaves, to programs too', async () => {
    await server.sql(`SELECT pg_drop_replication_slot('holdfast_shop')`)
    for (let i = 0; i < 4; i++) {
      await server.sql(`INSERT INTO load (text) SELECT md5(i::text) FROM generate_series(1, 20000) i`)
      await server.sql('SELECT pg_switch_wal()')
      await server.sql('CHECKPOINT')
    }
    const followed = await followDuring(async () => {
      const backup = await fixture.run(['backup', server.url(), '--source', 'shop'])
      expect(backup, backup.stderr).toMatchObject({ exitCode: 0 })
      await server.sql(`INSERT INTO load (text) VALUES ('after the gap')`)
    })
    expect(followed, followed.stderr).toMatchObject({ exitCode: 0 })
    expect(followed.stderr).toContain('warning: ')
    const shown = await fixture.run(['coverage', 'shop', '--json'])
    expect(shown, shown.stderr).toMatchObject({ exitCode: 0 })
    const coverage: unknown = JSON.parse(shown.stdout)
    expect(coverage).toMatchObject({
      message_type: 'coverage',
      base_backups: 2,
      gaps: [{ reason: 'wal-missing' }],
      ranges: [{ bases: [expect.any(String)] }, { bases: [expect.any(String)] }],
    })
    expect((await fixture.run(['coverage', 'shop'])).stdout).toMatch(/GAP .* WAL is missing/)
  })

  test('of a source that nobody knows names those that are known', async () => {
    const unknown = await fixture.run(['coverage', 'office'])
    expect(unknown).toMatchObject({ exitCode: 1, stdout: '' })
    expect(unknown.stderr).toContain('Known sources: shop.')
  })
})
