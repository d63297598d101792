/** archive_command and restore_command of a real server, through the real command line. */
import { execFile } from 'node:child_process'
import { appendFile, chmod, chown, cp, mkdir, mkdtemp, readdir, readFile } from 'node:fs/promises'
import { rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type PostgresServer, startPostgres } from '@holdfast/connectors/postgresql/testing/postgres-server'
import { parseWalFileName, segmentName } from '@holdfast/connectors/postgresql/wal/lsn'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CliFixture, createCliFixture, launcherPath, password } from '../cli-fixture.ts'
import { expectOneMessage } from '../one-message-fixture.ts'

const run = promisify(execFile)
const stack = new AsyncDisposableStack()
let fixture: CliFixture
let server: PostgresServer
/** the segment in which the base backup began, and the one after it */
let segments: readonly [string, string]

/** A command of the server, which knows nothing but what stands in it. */
function serverCommand(words: string): string {
  const cache = join(fixture.directory, 'cache')
  const variables = `HOLDFAST_REPOSITORY=${fixture.repository} HOLDFAST_PASSWORD="${password}" XDG_CACHE_HOME=${cache} NODE_COMPILE_CACHE=${process.env['NODE_COMPILE_CACHE'] ?? ''}`
  return `${variables} HOLDFAST_SOURCE=shop ${process.execPath} ${launcherPath} ${words}`
}

beforeAll(async () => {
  fixture = stack.use(await createCliFixture())
  await fixture.init()
  server = await startPostgres({
    settings: { archive_mode: 'on', archive_command: serverCommand('wal-push %p'), wal_keep_size: '1GB' },
    initdbArguments: ['--wal-segsize=1'],
  })
  stack.use(server)
  // the server's account keeps the repository and the cache
  await chmod(fixture.directory, 0o755)
  await mkdir(join(fixture.directory, 'cache'), { mode: 0o700, recursive: true })
  for (const path of [fixture.repository, join(fixture.directory, 'cache')]) await giveToServer(path)
})
afterAll(() => stack.disposeAsync())

async function giveToServer(path: string): Promise<void> {
  const { account } = server
  if (account === undefined) return
  for (const entry of await readdir(path, { recursive: true })) await chown(join(path, entry), account.uid, account.gid)
  await chown(path, account.uid, account.gid)
}

async function firstSegments(copy: string): Promise<readonly [string, string]> {
  const label = await readFile(join(copy, 'backup_label'), 'utf8')
  const first = /\(file ([0-9A-F]{24})\)/.exec(label)?.[1] ?? ''
  const parsed = parseWalFileName(first, 1 << 20)
  if (parsed?.kind !== 'segment') throw new Error(`no segment in ${label}`)
  return [first, segmentName(1, parsed.number + 1n, 1 << 20)]
}

async function untilArchived(): Promise<string> {
  const [row] = await server.sql('SELECT pg_walfile_name(pg_switch_wal())')
  const name = row?.[0] ?? ''
  const archived = async (): Promise<string> =>
    (await server.sql('SELECT last_archived_wal FROM pg_stat_archiver'))[0]?.[0] ?? ''
  await expect.poll(archived, { message: server.log().slice(-2000) }).toSatisfy((last) => last >= name)
  return name
}

describe('a server that archives through the command line', () => {
  test('comes back from a base backup and the log alone, with every row', async () => {
    await server.sql('CREATE TABLE load (id serial, text text)')
    const copy = join(server.socketDirectory, 'copy')
    const connection = ['-h', server.socketDirectory, '-p', String(server.port), '-U', 'postgres']
    await run(join(server.binDirectory, 'pg_basebackup'), [...connection, '-D', copy, '-X', 'none', '-c', 'fast'])
    segments = await firstSegments(copy)
    await server.sql('INSERT INTO load (text) SELECT md5(i::text) FROM generate_series(1, 60000) i')
    await untilArchived()
    await server.sql(`INSERT INTO load (text) VALUES ('last')`)
    await untilArchived()
    const [failed] = await server.sql('SELECT failed_count FROM pg_stat_archiver')
    expect(failed).toEqual(['0'])
    await server.kill()
    await rm(server.dataDirectory, { recursive: true })
    await rename(copy, server.dataDirectory)
    await appendFile(
      join(server.dataDirectory, 'postgresql.conf'),
      `restore_command = '${serverCommand('wal-fetch %f %p')}'\narchive_mode = off\n`,
    )
    await writeFile(join(server.dataDirectory, 'recovery.signal'), '')
    await giveToServer(server.dataDirectory)
    await chmod(server.dataDirectory, 0o700)
    await server.start()
    await expect.poll(async () => (await server.sql('SELECT pg_is_in_recovery()'))[0]?.[0]).toBe('f')
    expect(await server.sql(`SELECT count(*), max(text) FROM load WHERE text = 'last' OR id <= 60000`)).toEqual([
      ['60001', 'last'],
    ])
    expect(server.log()).toContain('restored log file')
  })

  test('is told with 1 that a file is not there, and with 200 or 2 that nobody knows', async () => {
    const place = join(fixture.directory, 'data-directory')
    await mkdir(place)
    const source = ['--source', 'shop', '--spool', join(fixture.directory, 'own-spool')]
    for (const name of ['0000000100000000000FFFFF', '00000009.history', 'anything']) {
      const missing = await fixture.run(['wal-fetch', name, 'target', ...source], { cwd: place })
      expect(missing, missing.stderr).toMatchObject({ exitCode: 1, stdout: '', stderr: '' })
    }
    const segment = ['wal-fetch', segments[0], 'target', ...source]
    const failures: readonly (readonly [readonly string[], Record<string, string>])[] = [
      [segment, { HOLDFAST_PASSWORD: 'wrong' }],
      [segment, { HOLDFAST_REPOSITORY: join(fixture.directory, 'unmounted') }],
      [[...segment, '--no-such-option'], {}],
      [['wal-fetch', 'one-argument'], {}],
      [['wal-fetch', segments[0], 'no/such/directory/target', ...source], {}],
      // the spool of the server’s account
      [['wal-fetch', segments[0], 'target', '--source', 'shop'], {}],
    ]
    for (const [words, variables] of failures) {
      const failed = await fixture.run(words, { cwd: place, variables })
      expect(failed.exitCode, failed.stderr).toBe(200)
      expect(failed.stderr).toContain('hint: ')
    }
    await writeFile(join(place, 'standby.signal'), '')
    const onStandby = await fixture.run(segment, { cwd: place, variables: { HOLDFAST_PASSWORD: 'wrong' } })
    expect(onStandby.exitCode).toBe(2)
    expect(await readdir(place)).toEqual(['standby.signal'])
  })

  test('gets whole files only, and those that come next from the spool', async () => {
    const place = join(fixture.directory, 'fetched')
    await mkdir(place)
    // the spool belongs to the server’s account
    const own = { cwd: place, variables: { HOLDFAST_WAL_SPOOL: join(fixture.directory, 'own-spool') } }
    const source = ['--source', 'shop', '--ahead', '2']
    const first = await fixture.run(['wal-fetch', segments[0], 'RECOVERYXLOG', ...source], own)
    expect(first, first.stderr).toMatchObject({ exitCode: 0 })
    expect((await stat(join(place, 'RECOVERYXLOG'))).size).toBe(1 << 20)
    // the next one is there without the repository
    const variables = { ...own.variables, HOLDFAST_PASSWORD: 'wrong' }
    const next = await fixture.run(['wal-fetch', segments[1], 'NEXT', ...source], { ...own, variables })
    expect(next, next.stderr).toMatchObject({ exitCode: 0 })
    expect((await readFile(join(place, 'NEXT'))).readUInt16LE(0)).toBeGreaterThan(0xd000)
    expect((await readdir(place)).toSorted()).toEqual(['NEXT', 'RECOVERYXLOG'])
  })

  test('may not push WAL of another cluster into the log', async () => {
    await using other = await startPostgres({ initdbArguments: ['--wal-segsize=1'] })
    await other.sql('CREATE TABLE other (id int)')
    await other.sql('SELECT pg_switch_wal()')
    const names = (await readdir(join(other.dataDirectory, 'pg_wal'))).filter((name) => name.length === 24)
    const pushed = await fixture.run([
      'wal-push',
      join(other.dataDirectory, 'pg_wal', names[0] ?? ''),
      '--source',
      'shop',
      '--spool',
      join(fixture.directory, 'own-spool'),
    ])
    expect(pushed.exitCode, pushed.stderr).toBe(1)
    expect(pushed.stderr).toContain('cluster')
  })

  test('says what is wrong when a file to push is not there', async () => {
    const missing = join(fixture.directory, '0000000100000000000000EE')
    expectOneMessage(await fixture.run(['wal-push', missing, '--source', 'shop']), 1, `cannot read ${missing}`)
  })

  test.runIf(process.geteuid?.() === 0)('says who may not read a repository that another user wrote', async () => {
    const place = await mkdtemp(join(tmpdir(), 'holdfast-wal-fetch-'))
    try {
      await chmod(fixture.repository, 0o700)
      await chown(fixture.repository, 0, 0)
      await chown(place, server.account?.uid ?? 0, server.account?.gid ?? 0)
      const variables = {
        ...process.env,
        HOLDFAST_REPOSITORY: fixture.repository,
        HOLDFAST_PASSWORD: password,
        HOME: place,
      }
      const words = [launcherPath, 'wal-fetch', '000000010000000000000001', 'RECOVERYXLOG', '--source', 'shop']
      const asServer = { env: variables, cwd: place, ...server.account }
      const refused: unknown = await run(process.execPath, words, asServer).catch((error: unknown) => error)
      expect(refused).toMatchObject({
        code: 200,
        stderr: expect.stringMatching(/belongs to user 0 \(mode 700\), and this is user \d+\n/),
      })
    } finally {
      await chown(fixture.repository, server.account?.uid ?? 0, server.account?.gid ?? 0)
      await rm(place, { recursive: true })
    }
  })

  test('pushes what waits with one call, and each file once', async () => {
    await using other = await startPostgres({ initdbArguments: ['--wal-segsize=1'] })
    await other.sql('CREATE TABLE other AS SELECT i, md5(i::text) FROM generate_series(1, 50000) i')
    await other.sql('SELECT pg_switch_wal()')
    const wal = join(fixture.directory, 'pg_wal')
    await cp(join(other.dataDirectory, 'pg_wal'), wal, { recursive: true })
    const names = (await readdir(wal))
      .filter((name) => name.length === 24)
      .toSorted()
      .slice(0, 3)
    for (const name of names) await writeFile(join(wal, 'archive_status', `${name}.ready`), '')
    const results: unknown[] = []
    for (const name of names) {
      const pushed = await fixture.run(['wal-push', join(wal, name), '--source', 'other', '--json'])
      expect(pushed, pushed.stderr).toMatchObject({ exitCode: 0 })
      results.push(JSON.parse(pushed.stdout))
    }
    expect(results).toMatchObject([{ stored: names }, { stored: [] }, { stored: [] }])
    // a file that was written again under the name of one that is stored is another file
    const again = await fixture.run(['wal-push', join(wal, names[1] ?? ''), '--source', 'other', '--json'])
    expect(JSON.parse(again.stdout)).toMatchObject({ stored: [names[1], names[0], names[2]] })
  })
})
