import { execFileSync } from 'node:child_process'
import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { startMariadb } from '@holdfast/connectors/mysql/testing/mariadb-server'
import { expect, it } from 'vitest'
import { createCliFixture, password } from '../cli-fixture.ts'
import { followDuring } from './follow-fixture.ts'

it('backs up, follows, shows what is covered, restores to a second and beside, and replaces only what is named', async () => {
  await using server = await startMariadb()
  await using fresh = await startMariadb({ serverId: 2 })
  await server.sql(['CREATE DATABASE shop', 'CREATE TABLE shop.item (id int PRIMARY KEY, name varchar(100))'])
  await server.sql("INSERT INTO shop.item SELECT seq, repeat('x', 50) FROM shop.seq_1_to_3000")
  await using cli = await createCliFixture()
  await cli.init()
  const made = await cli.run(['backup', server.url(), '--source', 'shop-db'])
  expect(made, made.stderr).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('3000 rows') })
  // stock restic and any client can bring it back without us
  const out = join(cli.directory, 'stock')
  // oxlint-disable-next-line node/no-process-env
  const environment = { PATH: process.env['PATH'], RESTIC_REPOSITORY: cli.repository, RESTIC_PASSWORD: password }
  const loading = `restic restore latest --no-lock --no-cache -q --target ${out} && mariadb --no-defaults -h 127.0.0.1 -P ${fresh.port} -u root < ${out}/mysql/shop-db/databases/shop.sql`
  execFileSync('sh', ['-c', loading], { env: environment })
  expect(await fresh.sql('SELECT count(*) FROM shop.item')).toEqual([['3000']])
  await fresh.sql('DROP DATABASE shop')
  const source = [server.url(), '--source', 'shop-db']
  const followed = await followDuring(cli.run, source, async (follow) => {
    await server.sql("INSERT INTO shop.item VALUES (5000, 'kept')")
    await follow.stored(server)
    await server.sql('DELETE FROM shop.item')
    await follow.stored(server)
  })
  expect(followed, followed.stderr).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('recoverable until') })

  const covered = await cli.run(['coverage', 'shop-db', '--json'])
  expect(JSON.parse(covered.stdout)).toMatchObject({
    message_type: 'coverage',
    ranges: [{ bases: [expect.any(String)] }],
    gaps: [],
  })
  const [[last] = []] = await server.sql('SHOW BINLOG EVENTS')
  expect(last).toBe('binlog.000001')
  const events = await server.sql("SHOW BINLOG EVENTS IN 'binlog.000001'")
  const begins = events.filter(([, , type]) => type === 'Gtid').map(([, position]) => position)
  const into = ['restore', 'shop-db', '--into-server', fresh.url()]
  const planned = await cli.run([...into, '--dry-run'])
  expect(planned, planned.stderr).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('replays') })
  expect(await fresh.sql("SHOW DATABASES LIKE 'shop'")).toEqual([])
  const restored = await cli.run([...into, '--at-log', `binlog.000001:${begins.at(-1)}`])
  expect(restored.exitCode, restored.stdout + restored.stderr).toBe(0)
  expect(await fresh.sql('SELECT count(*), max(id) FROM shop.item')).toEqual([['3001', '5000']])

  expect(await cli.run(into)).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('there is a database "shop"'),
  })
  const replaced = await cli.run([...into, '--database', 'shop', '--replace', 'shop'])
  expect(replaced.exitCode, replaced.stdout + replaced.stderr).toBe(0)
  expect(replaced.stdout).toContain('was kept as snapshot')
  expect(await fresh.sql('SELECT count(*) FROM shop.item')).toEqual([['0']])
  const without = ['--database', 'shop', '--into', 'beside', '--without', `binlog.000001:${begins.at(-1)}`]
  const beside = await cli.run([...into, ...without])
  expect(beside.exitCode, beside.stdout + beside.stderr).toBe(0)
  expect(await fresh.sql('SELECT count(*) FROM beside.item')).toEqual([['3001']])

  const proven = await cli.run(['verify', 'shop-db', '--at', 'random', '--assert', 'SELECT count(*) >= 0 FROM item'])
  expect(proven.exitCode, proven.stdout + proven.stderr).toBe(0)
  expect(proven.stdout).toContain('shop-db is proven')
  const wrong = await cli.run(['verify', 'shop-db', '--no-record', '--assert', 'shop: SELECT count(*) > 0 FROM item'])
  expect(wrong).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('0 instead of true') })

  await server.sql('FLUSH BINARY LOGS')
  await cli.run(['backup', server.url(), '--source', 'shop-db'])
  const again = await followDuring(cli.run, source, (follow) => follow.stored(server))
  expect(again, again.stderr).toMatchObject({ exitCode: 0 })
  const forgotten = await cli.run(['forget', '--keep-last', '1', '--tag', 'source=shop-db'])
  expect(forgotten, forgotten.stderr).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('of binary log of shop-db'),
  })
  const left = await cli.run(['verify', 'shop-db', '--no-record'])
  expect(left.exitCode, left.stdout + left.stderr).toBe(0)
})

it('copies a data directory, restores it to a second into another one, and stores little the next time', async () => {
  await using server = await startMariadb()
  await server.sql(['CREATE DATABASE shop', 'CREATE TABLE shop.item (id int PRIMARY KEY, name varchar(100))'])
  await server.sql('INSERT INTO shop.item SELECT seq, MD5(seq) FROM shop.seq_1_to_3000')
  await using cli = await createCliFixture()
  await chmod(cli.directory, 0o755)
  await cli.init()
  const words = ['backup', server.url(), '--source', 'shop-db', '--method', 'direct']
  const made = await cli.run(words)
  expect(made, made.stderr).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('binary log at') })
  await server.sql("INSERT INTO shop.item VALUES (5000, 'later')")
  const source = [server.url(), '--source', 'shop-db']
  const followed = await followDuring(cli.run, source, (follow) => follow.stored(server))
  expect(followed, followed.stderr).toMatchObject({ exitCode: 0 })
  const to = join(cli.directory, 'restored')
  const restored = await cli.run(['restore', 'shop-db', '--to', to])
  expect(restored.exitCode, restored.stdout + restored.stderr).toBe(0)
  expect(restored.stdout).toContain('replays')
  await using copy = await startMariadb({ dataDirectory: to, serverId: 3 })
  expect(await copy.sql('SELECT count(*), max(id) FROM shop.item')).toEqual([['3001', '5000']])
  const full = await cli.run(['restore', 'shop-db', '--to', to])
  expect(full).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('not empty') })
  const proven = await cli.run([
    'verify',
    'shop-db',
    '--no-record',
    '--assert',
    'shop: SELECT count(*) = 3001 FROM item',
  ])
  expect(proven.exitCode, proven.stdout + proven.stderr).toBe(0)
  const again = JSON.parse((await cli.run([...words, '--json'])).stdout.trim().split('\n').at(-1) ?? '{}')
  expect(again.data_added).toBeLessThan(again.total_bytes_processed * 0.15)
})

it('refuses, with what to do, what is no connection, shows a password, or concerns another server', async () => {
  await using cli = await createCliFixture()
  await cli.init()
  const cases: readonly (readonly [string, string])[] = [
    ['backup mysql://u:p@127.0.0.1', 'set MYSQL_PWD'],
    ['backup mysql://u@127.0.0.1:1 --source a', 'cannot reach the MySQL server at 127.0.0.1:1'],
    ['backup mysql://u@127.0.0.1?foo=1', 'it has no setting "foo"'],
    ['backup mysql://u@127.0.0.1 --schema x', '--schema cannot be used together'],
    ['follow mysql://u@127.0.0.1 --slot x', '--slot cannot be used together'],
    ['restore nope --into-server mysql://u@127.0.0.1:1 --at-log nonsense', 'write <file>:<position>'],
    ['verify nope', 'there is no backup of "nope"'],
  ]
  const before = await cli.fingerprint()
  const runs = await Promise.all(cases.map(([words]) => cli.run(words.split(' '))))
  for (const [at, run] of runs.entries()) {
    expect(run, cases[at]?.[0]).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(cases[at]?.[1] ?? '') })
  }
  expect(await cli.fingerprint()).toBe(before)
})
