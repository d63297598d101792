import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type MariadbServer, startMariadb } from '../testing/mariadb-server.ts'
import { localClient, readBackup, wholeSelection } from '../testing/read-backup.ts'
import type { LogicalRestoreRequest } from './restore/logical-restore.ts'
import { planLogicalRestore } from './restore/plan-logical-restore.ts'
import { restoreLogical } from './restore/restore-logical.ts'

const ctx = quietContext()
let server: MariadbServer
let fresh: MariadbServer

beforeAll(async () => {
  ;[server, fresh] = await Promise.all([startMariadb(), startMariadb({ serverId: 2 })])
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await fresh[Symbol.asyncDispose]()
})

const request = (more: Partial<LogicalRestoreRequest> = {}): LogicalRestoreRequest => ({
  target: fresh.target(),
  client: localClient,
  databases: [],
  tables: [],
  replaces: [],
  users: true,
  ...more,
})

it('brings back names of all kinds, bytes, views over databases, routines, triggers, events, accounts and roles', async () => {
  await server.sql([
    'CREATE DATABASE `a b"c-é`',
    'CREATE DATABASE `zz``x` CHARACTER SET utf8mb4',
    'CREATE TABLE `a b"c-é`.`t(\'x` (i int PRIMARY KEY, `v(` int AS (i + 1), b blob, d datetime(6), f bit(3), j text)',
    "INSERT INTO `a b\"c-é`.`t('x`(i, b, d, f, j) VALUES (1, X'00FF275C0A', '2026-01-01 00:00:00.123456', b'101', 'x\\'(;)\\n'), (2, NULL, NULL, NULL, '')",
    'CREATE TABLE `zz``x`.kid (i int, FOREIGN KEY (i) REFERENCES `a b"c-é`.`t(\'x` (i))',
    'INSERT INTO `zz``x`.kid VALUES (1), (NULL)',
    'CREATE VIEW `a b"c-é`.v AS SELECT k.i FROM `zz``x`.kid k',
    'CREATE TRIGGER `zz``x`.tr BEFORE INSERT ON `zz``x`.kid FOR EACH ROW BEGIN\n-- Current Database: `q`\nSET NEW.i = NEW.i; END',
    'CREATE PROCEDURE `zz``x`.p() SELECT 1',
    'CREATE EVENT `zz``x`.e ON SCHEDULE EVERY 1 DAY DO SELECT 1',
    "CREATE USER `o'k`@`%` IDENTIFIED BY 'secret'",
    'CREATE ROLE boss',
    'GRANT SELECT ON `zz``x`.* TO boss',
    "GRANT boss TO `o'k`@`%`",
  ])
  const { manifest, files } = await readBackup(server.target())
  const { checks } = await restoreLogical(files, await planLogicalRestore(manifest, request(), ctx), ctx)
  expect(checks.filter(({ verdict }) => verdict !== 'passed')).toEqual([])
  expect(checks[0]).toMatchObject({ name: 'accounts', evidence: expect.stringMatching(/^all \d+ are there$/) })
  const lost = await planLogicalRestore({ ...manifest, fingerprint: { databases: [] } }, request(), ctx)
  const odd = async (): Promise<Uint8Array> =>
    Buffer.from('-- account `a`@`%`\nCREATE USER `a`@`%` IDENTIFIED WITH nothing;\n')
  expect((await restoreLogical({ ...files, users: odd }, lost, ctx)).checks).toMatchObject([
    { name: 'accounts', verdict: 'failed', evidence: 'missing: `a`@`%`' },
  ])
  const query = 'SELECT i, `v(`, HEX(b), d, f + 0, j FROM `a b"c-é`.`t(\'x` ORDER BY i'
  expect(await fresh.sql(query)).toEqual(await server.sql(query))
  expect(await fresh.sql('SELECT COUNT(*) FROM `a b"c-é`.v')).toEqual([['2']])
  expect(await fresh.sql("SHOW GRANTS FOR `o'k`@`%`")).toEqual(await server.sql("SHOW GRANTS FOR `o'k`@`%`"))
  await expect(planLogicalRestore(manifest, request(), ctx)).rejects.toThrow('already')
  const again = await planLogicalRestore(manifest, request({ replaces: 'all' }), ctx)
  expect(again.steps.every(({ isReplaced }) => isReplaced)).toBe(true)
  const one = request({ databases: ['zz`x'], tables: ['kid'], into: 'beside', users: false })
  await expect(planLogicalRestore(manifest, { ...one, tables: ['nobody'] }, ctx)).rejects.toThrow('no table "nobody"')
  await expect(planLogicalRestore(manifest, request({ tables: ['kid'] }), ctx)).rejects.toThrow('--table')
  const { expectedRows } = { expectedRows: '2' }
  const copied = (await restoreLogical(files, await planLogicalRestore(manifest, one, ctx), ctx)).checks
  expect(copied).toMatchObject([{ name: 'rows', verdict: 'passed', evidence: expect.stringContaining(expectedRows) }])
  await server.sql(['DROP DATABASE `zz``x`', 'DROP DATABASE `a b"c-é`'])
})

it('is whole when there is nothing in it', async () => {
  await server.sql(['CREATE DATABASE hollow', 'CREATE DATABASE thin', 'CREATE TABLE thin.t (i int)'])
  const selection = { ...wholeSelection, databases: ['hollow', 'thin'] }
  const { manifest, files } = await readBackup(server.target(), { selection })
  expect(manifest.fingerprint.databases.map(({ name, tables }) => [name, tables])).toEqual([
    ['hollow', []],
    ['thin', [{ name: 't', engine: 'InnoDB', rows: '0' }]],
  ])
  const { checks } = await restoreLogical(files, await planLogicalRestore(manifest, request(), ctx), ctx)
  expect(checks.filter(({ verdict }) => verdict !== 'passed')).toEqual([])
  expect(await fresh.sql("SHOW DATABASES LIKE '%h%n'")).toEqual([['thin']])
  for (const each of [server, fresh]) await each.sql(['DROP DATABASE hollow', 'DROP DATABASE thin'])
})

it('is of one instant while rows are moved, and finds tables that know no transactions', async () => {
  await server.sql([
    'CREATE DATABASE bank',
    'CREATE TABLE bank.a (i int)',
    'CREATE TABLE bank.z (i int)',
    'INSERT INTO bank.a SELECT seq FROM bank.seq_1_to_1000',
    'CREATE TABLE bank.loose (i int) ENGINE=MyISAM',
  ])
  const selection = { ...wholeSelection, databases: ['bank'] }
  const move = () => server.sql(['INSERT INTO bank.z SELECT * FROM bank.a', 'DELETE FROM bank.a'])
  const { manifest } = await readBackup(server.target(), { selection }, move)
  const rows = manifest.fingerprint.databases[0]?.tables.map(({ name, rows: count }) => [name, count])
  expect(rows).toEqual([
    ['a', '1000'],
    ['loose', '0'],
    ['z', '0'],
  ])
  expect(manifest.findings).toMatchObject([
    { code: 'MYSQL_TABLES_NOT_TRANSACTIONAL', message: expect.stringContaining('bank.loose (MyISAM)') },
  ])
  const locked = await readBackup(server.target(), { selection, lockAllTables: true })
  expect(locked.manifest.findings).toEqual([])
  const chosen = await readBackup(server.target(), { selection: { ...selection, tables: ['bank.z'] } })
  expect(chosen.manifest.fingerprint.databases[0]?.tables).toMatchObject([{ name: 'z', rows: '1000' }])
  await server.sql('DROP DATABASE bank')
})

it('makes no backup of what is not whole: DDL meanwhile, a broken view, nothing to see, a wrong name', async () => {
  await server.sql(['CREATE DATABASE shop', 'CREATE TABLE shop.t (i int)', 'INSERT INTO shop.t VALUES (1)'])
  const made = readBackup(server.target(), {}, () => server.sql('CREATE TABLE shop.late (i int)'))
  await expect(made).rejects.toThrow('made or dropped meanwhile: late')
  await server.sql([
    'CREATE TABLE shop.a AS SELECT seq, MD5(seq) AS m FROM shop.seq_1_to_100000',
    'CREATE TABLE shop.z (i int)',
  ])
  const altered = readBackup(server.target(), {}, () => server.sql('ALTER TABLE shop.z ADD COLUMN j int, FORCE'))
  await expect(altered).rejects.toThrow(/definition has changed/)
  await server.sql(['DROP TABLE shop.a', 'DROP TABLE shop.z'])
  await server.sql([
    'CREATE TABLE shop.gone (i int)',
    'CREATE VIEW shop.broken AS SELECT * FROM shop.gone',
    'DROP TABLE shop.gone',
  ])
  await expect(readBackup(server.target())).rejects.toThrow(/broken.*references invalid/)
  const without = { ...wholeSelection, excludeTables: ['shop.broken'] }
  expect((await readBackup(server.target(), { selection: without })).manifest.fingerprint.databases[0]?.views).toEqual(
    [],
  )
  await server.sql('DROP VIEW shop.broken')
  await server.sql(["CREATE USER nobody@'%'", "CREATE USER half@'%'", "GRANT SELECT ON shop.* TO half@'%'"])
  await expect(readBackup(server.target('nobody'))).rejects.toThrow('no database that the account may see')
  await expect(readBackup(server.target('half'))).rejects.toMatchObject({ code: 'MYSQL_DUMP_FAILED' })
  await expect(readBackup(server.target('half', 'wrong'))).rejects.toMatchObject({ code: 'MYSQL_ACCESS_DENIED' })
  const unknown = readBackup(server.target(), { selection: { ...wholeSelection, databases: ['nope'] } })
  await expect(unknown).rejects.toMatchObject({ code: 'MYSQL_DATABASE_UNKNOWN' })
})

it('takes no tool of another family, none that fails, and none that stops early', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-tools-'))
  const client = { ...localClient, binaries: { directories: [directory], path: '' } }
  const dump = (script: string) => writeFile(join(directory, 'mariadb-dump'), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  await expect(readBackup(server.target(), { client })).rejects.toThrow('there is none')
  await dump('echo "mysqldump  Ver 8.0.36 for Linux"')
  // the name says MariaDB, the program does not
  await writeFile(join(directory, 'mysqldump'), '#!/bin/sh\necho "mysqldump  Ver 8.0.36 for Linux"\n', { mode: 0o755 })
  const version = 'case "$*" in *--version*) /usr/bin/mariadb-dump --version; exit;; esac'
  await dump(`${version}; /usr/bin/mariadb-dump "$@" | head -c 2000`)
  await expect(readBackup(server.target(), { client })).rejects.toMatchObject({ code: 'MYSQL_DUMP_FAILED' })
  await dump(`${version}; /usr/bin/mariadb-dump "$@" | grep -v 'Dump completed'`)
  await expect(readBackup(server.target(), { client })).rejects.toThrow('last line is missing')
  const older =
    'case "$*" in *--version*) echo "mariadb-dump  Ver 10.19 Distrib 10.3.1-MariaDB, for Linux"; exit;; esac'
  await dump(`${older}; exec /usr/bin/mariadb-dump "$@"`)
  expect((await readBackup(server.target(), { client })).manifest.warnings).toEqual([
    expect.stringMatching(/mariadb-dump 10\.3\.1 is older than the server \(\d/),
  ])
  await dump(`${version}; echo 'Error: no space' >&2; exit 2`)
  await expect(readBackup(server.target(), { client })).rejects.toThrow('exit code 2; Error: no space')
  await dump(`${version}; tr '\\0' ' ' < /proc/$$/cmdline >&2; exit 2`)
  await server.sql("SET PASSWORD FOR half@'%' = PASSWORD('topsecret')")
  const shown = readBackup(server.target('half', 'topsecret'), { client })
  await expect(shown).rejects.toThrow('--defaults-file=')
  await expect(shown).rejects.not.toThrow('topsecret')
})

it('says so when the target takes only small packets, or lacks an account that is a definer', async () => {
  await server.sql([
    'INSERT INTO shop.t VALUES (2)',
    'CREATE TABLE shop.large (b longblob)',
    "INSERT INTO shop.large VALUES (REPEAT('x', 3000000))",
  ])
  const { manifest, files } = await readBackup(server.target())
  await fresh.sql('SET GLOBAL max_allowed_packet = 1048576')
  const plan = await planLogicalRestore(manifest, request(), ctx)
  expect(plan.warnings).toMatchObject([expect.stringContaining('max_allowed_packet is only 1048576')])
  await expect(restoreLogical(files, plan, ctx)).rejects.toMatchObject({ code: 'MYSQL_PACKET_TOO_LARGE' })
  await fresh.sql(['SET GLOBAL max_allowed_packet = 1073741824', 'DROP DATABASE shop'])
  const { checks } = await restoreLogical(files, await planLogicalRestore(manifest, request(), ctx), ctx)
  expect(checks).toMatchObject([
    { name: 'accounts', verdict: 'passed' },
    { name: 'rows', verdict: 'passed' },
  ])
})

it('tells what the account may not see, which no list of the server shows, and refuses a table that is not there', async () => {
  await server.sql([
    'CREATE DATABASE `a``1`',
    'CREATE TABLE `a``1`.t (i int)',
    'CREATE TRIGGER `a``1`.tr BEFORE INSERT ON `a``1`.t FOR EACH ROW SET NEW.i = 1',
    'CREATE DATABASE hidden',
    'CREATE TABLE hidden.t (i int) ENGINE=MyISAM',
    "CREATE USER part@'%'",
    "GRANT EVENT ON *.* TO part@'%'",
    "GRANT SELECT, SHOW VIEW ON `a``1`.* TO part@'%'",
    "CREATE USER most@'%'",
    "GRANT SELECT, SHOW VIEW, EVENT ON *.* TO most@'%'",
    'CREATE ROLE triggers',
    'GRANT TRIGGER ON *.* TO triggers',
    "GRANT triggers TO most@'%'",
  ])
  const selection = { ...wholeSelection, databases: ['a`1', 'hidden'] }
  const part = await readBackup(server.target('part'), { selection })
  expect(part.manifest.fingerprint.databases.map(({ tables, triggers }) => [tables.length, triggers])).toEqual([
    [1, []],
    [0, []],
  ])
  expect(part.manifest.findings).toMatchObject([
    {
      code: 'MYSQL_DUMP_UNSEEN',
      message: expect.stringContaining('tables of hidden; triggers of a`1, hidden; routines of a`1, hidden'),
      hint: expect.stringContaining('GRANT SELECT, TRIGGER ON *.*'),
    },
  ])
  const findingsOf = async (): Promise<string[]> => {
    const one = { ...wholeSelection, databases: ['a`1'] }
    const { manifest } = await readBackup(server.target('most'), { selection: one })
    return manifest.findings.map(({ message }) => message)
  }
  expect(await findingsOf()).toMatchObject([expect.stringMatching(/may not see triggers of a`1: /)])
  await server.sql("SET DEFAULT ROLE triggers FOR most@'%'")
  expect(await findingsOf()).toEqual([])
  const chosen = await readBackup(server.target(), { selection: { ...wholeSelection, tables: ['a`1.t'] } })
  expect(chosen.manifest.fingerprint.databases).toMatchObject([{ name: 'a`1', tables: [{ name: 't' }] }])
  expect(chosen.manifest.findings).toEqual([])
  const left = { ...wholeSelection, excludeTables: ['a`1.t', 'no.such'] }
  expect((await readBackup(server.target(), { selection: left })).manifest.warnings).toEqual([
    expect.stringMatching(/cannot be replayed on this backup, which leaves them out: a`1\.t$/),
  ])
  for (const tables of [['t'], ['a`1.t', 'a`1.none'], ['none.t']]) {
    const asked = readBackup(server.target(), { selection: { ...wholeSelection, tables } })
    await expect(asked).rejects.toMatchObject({ code: 'MYSQL_TABLE_UNKNOWN' })
  }
  await server.sql(['DROP DATABASE `a``1`', 'DROP DATABASE hidden'])
}, 60_000)
