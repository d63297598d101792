/**
 * pg_dump inside of a container, for servers whose client programs are nowhere else, and proofs in one. Needs a Docker engine: where none
 * answers and none can be started, the run says so in red, since nothing else tries this.
 */
import { mkdirSync } from 'node:fs'
import { chmod, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { connectPostgres } from '@holdfast/connectors/postgresql/connection/connect'
import { socketTarget } from '@holdfast/connectors/postgresql/server/socket-target'
import { quietContext } from '@holdfast/core/context'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CliFixture, createCliFixture } from '../../apps/cli/src/cli-fixture.ts'
import { openDockerEngine } from './docker-engine.ts'
import { imageUser, importPostgresImage } from './postgres-image.ts'

const ctx = quietContext()
const opened = await openDockerEngine()
if (typeof opened === 'string') {
  process.stderr.write(
    `\n\u001b[31mNOT TESTED: dumps and proofs in containers. There is no Docker engine: ${opened}\u001b[0m\n`,
  )
}

describe.skipIf(typeof opened === 'string')('a server in a container', () => {
  const stack = new AsyncDisposableStack()
  let fixture: CliFixture
  let socketDirectory: string
  const name = `holdfast-test-${process.pid}`

  beforeAll(async () => {
    if (typeof opened === 'string') return
    stack.use(opened)
    fixture = stack.use(await createCliFixture())
    await fixture.init()
    await chmod(fixture.directory, 0o755)
    socketDirectory = join(fixture.directory, 'socket')
    mkdirSync(socketDirectory)
    await chmod(socketDirectory, 0o777)
    const image = await importPostgresImage(opened)
    const server = `initdb -D /data/db -U postgres -A trust --no-sync -E UTF8 --locale=C > /tmp/initdb &&
      exec postgres -D /data/db -c unix_socket_directories=/run/postgresql -c fsync=off`
    const places = ['--tmpfs', '/data:mode=0777', '--tmpfs', '/tmp', '--volume', `${socketDirectory}:/run/postgresql`]
    const who = [
      '--user',
      `${imageUser}:${imageUser}`,
      '--network',
      'none',
      '--env',
      'PATH=/usr/bin:/bin:/usr/lib/postgresql/15/bin',
    ]
    await opened.docker('run', '--detach', '--name', name, ...who, ...places, image, 'sh', '-c', server)
    stack.defer(async () => void (await opened.docker('rm', '--force', name)))
    await untilReady()
    await sql(`CREATE TABLE item AS SELECT i, md5(i::text) AS x FROM generate_series(1, 200000) i`)
  })
  afterAll(() => stack.disposeAsync())

  async function sql(text: string): Promise<string | null | undefined> {
    await using connection = await connectPostgres(
      socketTarget(socketDirectory, 'postgres'),
      { searchPath: 'role' },
      ctx,
    )
    return (await connection.query(text, ctx)).at(-1)?.rows[0]?.[0]
  }

  async function untilReady(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await sql('SELECT 1')
        return
      } catch (error) {
        if (attempt === 600) throw error
        await pause(200)
      }
    }
  }

  const run = async (words: readonly string[]) => {
    const variables = typeof opened === 'string' ? {} : opened.variables
    return await fixture.run(words, { variables })
  }
  const connection = (): string => `postgresql://postgres@/postgres?host=${encodeURIComponent(socketDirectory)}`
  const dump = ['--source', 'shop', '--method', 'logical', '--in-container']

  test('is dumped by the pg_dump beside it, in the snapshot of our own session', async () => {
    const made = await run(['backup', connection(), ...dump, name])
    expect(made, made.stderr).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('200000 rows') })
    const read = 'while read -r line; do echo "$line"; done < /tmp/ran'
    const ran = typeof opened === 'string' ? '' : await opened.docker('exec', name, 'sh', '-c', read)
    expect(ran).toContain('--snapshot=')
    const restored = await run([
      'restore',
      'shop',
      '--into-server',
      connection(),
      '--database',
      'postgres',
      '--into',
      'again',
    ])
    expect(restored, restored.stderr).toMatchObject({ exitCode: 0 })
  })

  test('is proven in another container, which has no network, and is gone afterwards', async () => {
    if (typeof opened === 'string') return
    const made = await run(['backup', connection(), '--source', 'cluster'])
    expect(made, made.stderr).toMatchObject({ exitCode: 0 })
    const words = ['verify', 'cluster', '--sandbox', fixture.directory, '--in-image']
    const question = ['--assert', 'SELECT count(*) = 200000 FROM item']
    const proven = await run([...words, 'holdfast/postgres:15', ...question])
    expect(proven, proven.stdout + proven.stderr).toMatchObject({ exitCode: 0 })
    expect(proven.stdout).toContain('cluster is proven')
    // the engine may be shared with the other test of this folder
    const all = (await opened.docker('ps', '--all', '--format', '{{.Names}}')).split('\n')
    expect(all.filter((each) => !each.startsWith('holdfast-mysql-test-'))).toEqual([name])
    expect((await readdir(fixture.directory)).filter((each) => each.startsWith('holdfast-sandbox'))).toEqual([])
    const missing = await run([...words, 'nobody/has:it', ...question])
    expect(missing).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('docker pull postgres:15') })
  })

  test('leaves no snapshot when the container is stopped in the middle, and says so', async () => {
    if (typeof opened === 'string') return
    const before = await readdir(join(fixture.repository, 'snapshots'))
    const target = socketTarget(socketDirectory, 'postgres')
    await using holder = await connectPostgres(target, { searchPath: 'role' }, ctx)
    await holder.query('BEGIN; LOCK TABLE item IN ACCESS EXCLUSIVE MODE', ctx)
    const backup = run(['backup', connection(), ...dump, name])
    const waiting = `SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%item%'`
    await expect.poll(() => sql(waiting)).not.toBe('0')
    await opened.docker('kill', name)
    const failed = await backup
    expect(failed.exitCode).toBe(1)
    expect(await readdir(join(fixture.repository, 'snapshots'))).toEqual(before)
    const gone = await run(['backup', connection(), ...dump, 'nowhere'])
    expect(gone.exitCode).toBe(1)
  })
})
