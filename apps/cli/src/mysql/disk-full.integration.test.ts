import { execFileSync } from 'node:child_process'
import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startMariadb } from '@holdfast/connectors/mysql/testing/mariadb-server'
import { expect, it } from 'vitest'
import { type CliFixture, createCliFixture } from '../cli-fixture.ts'
import { followDuring } from './follow-fixture.ts'

// mounting needs root
const isRoot = process.getuid?.() === 0
if (!isRoot)
  process.stderr.write(
    '\u001b[33mNOT TESTED: a repository of MySQL on a full disk, which only root can make\u001b[39m\n',
  )

it.skipIf(!isRoot)(
  'says that the disk is full, leaves no snapshot and no hole, and goes on when there is space',
  async () => {
    const disk = mkdtempSync(join(tmpdir(), 'holdfast-disk-'))
    await using stack = new AsyncDisposableStack()
    stack.defer(() => rmSync(disk, { recursive: true }))
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', disk])
    stack.defer(() => void execFileSync('umount', [disk]))
    await using server = await startMariadb()
    await using fresh = await startMariadb({ serverId: 2, binlog: '' })
    await using cli = await createCliFixture()
    const repository = join(disk, 'repository')
    const run: CliFixture['run'] = (words, choice) => cli.run(['--repo', repository, ...words], choice)
    expect(await run(['init'])).toMatchObject({ exitCode: 0 })
    await server.sql(['CREATE DATABASE shop', 'CREATE TABLE shop.t (i int PRIMARY KEY, b blob)'])
    const made = await run(['backup', server.url(), '--source', 'db'])
    expect(made.exitCode, made.stdout + made.stderr).toBe(0)

    await server.sql('INSERT INTO shop.t SELECT seq, RANDOM_BYTES(1000) FROM shop.seq_1_to_9000')
    const full = await run(['backup', server.url(), '--source', 'db'])
    expect(full).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/no space left/) })
    expect(readdirSync(join(repository, 'snapshots'))).toHaveLength(1)
    const followed = await followDuring(run, [server.url(), '--source', 'db'], async (follow) => {
      await follow.said('no space left')
      execFileSync('mount', ['-o', 'remount,size=200m', disk])
      await expect.poll(() => bytesIn(repository), { interval: 200 }).toBeGreaterThan(9_000_000)
    })
    expect(followed.exitCode, followed.stdout + followed.stderr).toBe(0)
    expect(followed.stdout + followed.stderr).toContain('no space left')
    // from the first backup, so all of it by the log
    const restored = await run(['restore', 'db', '--into-server', fresh.url()])
    expect(restored.exitCode, restored.stdout + restored.stderr).toBe(0)
    expect(await fresh.sql('SELECT COUNT(*), MAX(i) FROM shop.t')).toEqual([['9000', '9000']])
    const sound = await run(['check', '--read-data'])
    expect(sound.exitCode, sound.stdout + sound.stderr).toBe(0)
  },
)

function bytesIn(directory: string): number {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return files.reduce(
    (sum, { parentPath, name }) => sum + (lstatSync(join(parentPath, name), { throwIfNoEntry: false })?.size ?? 0),
    0,
  )
}
