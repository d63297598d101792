import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CliFixture, createCliFixture, launcherPath, password } from './cli-fixture.ts'
import { expectOneMessage } from './one-message-fixture.ts'

let cli: CliFixture
beforeAll(async () => {
  cli = await createCliFixture()
  await cli.init()
  for (const text of ['one', 'two']) {
    await writeFile(join(cli.source, 'file'), text)
    expect(await cli.run(['backup', cli.source])).toMatchObject({ exitCode: 0, stderr: '' })
  }
})
afterAll(() => cli[Symbol.asyncDispose]())

/** A killed process that nobody has waited for is gone, too. */
function isAlive(pid: string): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

describe('what works', () => {
  test('options may stand before the command, and RESTIC_ variables serve', async () => {
    const variables = {
      HOLDFAST_REPOSITORY: '',
      RESTIC_REPOSITORY: cli.repository,
      HOLDFAST_PASSWORD: '',
      RESTIC_PASSWORD: password,
    }
    const { exitCode, stdout } = await cli.run(['--json', 'snapshots'], { variables })
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout).length).toBeGreaterThanOrEqual(2)
  })

  test('a snapshot restores to what was backed up', async () => {
    await using other = await createCliFixture()
    await other.init()
    await other.run(['backup', 'source'])
    expect(await other.run(['restore', 'latest', '-t', 'out'])).toMatchObject({ exitCode: 0, stderr: '' })
    expect(await readFile(join(other.directory, 'out/source/inner/other'), 'utf8')).toBe('more content')
    expect(await other.run(['check', '--read-data'])).toMatchObject({ exitCode: 0 })
  })

  test('a path that is missing beside others makes the snapshot partial, exit code 3', async () => {
    await using other = await createCliFixture()
    await other.init()
    const { exitCode, stdout, stderr } = await other.run(['backup', 'source', 'missing'])
    expect(exitCode).toBe(3)
    expect(stderr).toContain('missing: it does not exist')
    expect(stdout).toContain('saved')
  })

  test("standard input and a command's output become files", async () => {
    await using other = await createCliFixture()
    await other.init()
    await other.run(['backup', '--stdin', '--stdin-filename', 'dump/a.sql'], { stdin: 'from a pipe' })
    await other.run([
      'backup',
      '--stdin-filename',
      'b.txt',
      '--stdin-from-command',
      '--',
      'printf',
      '%s',
      'from a program',
    ])
    await other.run(['restore', 'latest~1', '-t', 'a'])
    await other.run(['restore', 'latest', '-t', 'b'])
    expect(await readFile(join(other.directory, 'a/dump/a.sql'), 'utf8')).toBe('from a pipe')
    expect(await readFile(join(other.directory, 'b/b.txt'), 'utf8')).toBe('from a program')
  })

  test('a command that takes too long is stopped with all it started, and there is no snapshot', async () => {
    await using other = await createCliFixture()
    await other.init()
    const pids = join(other.directory, 'pids')
    const script = `sleep 600 & echo $! $$ > '${pids}'; echo data; sleep 600`
    const run = await other.run([
      'backup',
      '--command-timeout',
      '500ms',
      '--stdin-from-command',
      '--',
      'sh',
      '-c',
      script,
    ])
    expectOneMessage(run, 1, 'took longer than 500ms')
    expect(await readdir(join(other.repository, 'snapshots'))).toEqual([])
    const started = (await readFile(pids, 'utf8')).trim().split(' ')
    expect(started).toHaveLength(2)
    await expect.poll(() => started.filter(isAlive)).toEqual([])
  })

  test('one reading fills two repositories', async () => {
    await using other = await createCliFixture()
    await other.init()
    const second = join(other.directory, 'second')
    await other.init(second, ['--copy-chunker-params', '--from-repo', other.repository])
    expect(await other.run(['backup', '--also-repo', second, 'source'])).toMatchObject({ exitCode: 0, stderr: '' })
    for (const repository of [other.repository, second]) {
      expect(await readdir(join(repository, 'snapshots'))).toHaveLength(1)
    }
  })

  test('an interrupted backup ends with 130, without a snapshot and without a lock', async () => {
    await using other = await createCliFixture()
    await other.init()
    const begun = join(other.directory, 'begun')
    let pid = 0
    const running = other.run(['backup', '--stdin-from-command', '--', 'sh', '-c', `touch '${begun}'; sleep 600`], {
      onStart: (started) => (pid = started),
    })
    await expect.poll(() => existsSync(begun)).toBe(true)
    process.kill(pid, 'SIGINT')
    const run = await running
    expectOneMessage(run, 130, 'interrupted')
    expect(await readdir(join(other.repository, 'snapshots'))).toEqual([])
    expect(await readdir(join(other.repository, 'locks'))).toEqual([])
  })

  test('an interrupted check gives its lock back', async () => {
    await using other = await createCliFixture()
    await other.init()
    // two minutes to read
    await writeFile(join(other.source, 'random'), randomBytes(120_000))
    expect(await other.run(['backup', 'source'])).toMatchObject({ exitCode: 0 })
    let pid = 0
    const running = other.run(['check', '--read-data', '--limit-download', '1'], {
      onStart: (started) => (pid = started),
    })
    await expect.poll(() => readdir(join(other.repository, 'locks'))).toHaveLength(1)
    process.kill(pid, 'SIGTERM')
    expectOneMessage(await running, 130, 'interrupted')
    expect(await readdir(join(other.repository, 'locks'))).toEqual([])
  })

  test('the key in use stays', async () => {
    const { stdout } = await cli.run(['key', 'list', '--json'])
    const keys: { id: string; current: boolean }[] = JSON.parse(stdout)
    const current = keys.find((key) => key.current)?.id ?? ''
    expectOneMessage(await cli.run(['key', 'remove', current.slice(0, 12)]), 1, 'is the one in use')
  })

  test('a password is replaced: the old one opens nothing any more', async () => {
    await using other = await createCliFixture()
    await other.init()
    await writeFile(join(other.directory, 'new'), 'another\n')
    expect(await other.run(['key', 'passwd', '--new-password-file', 'new'])).toMatchObject({ exitCode: 0, stderr: '' })
    expect((await other.run(['snapshots'])).exitCode).toBe(12)
    expect((await other.run(['snapshots', '--password-file', 'new'])).exitCode).toBe(0)
  })

  test('every way of looking into a snapshot shows the same files', async () => {
    await using other = await createCliFixture()
    await other.init()
    await other.run(['backup', 'source'])
    await writeFile(join(other.source, 'new'), 'x')
    await other.run(['backup', 'source'])
    expect((await other.run(['ls', '-q', 'latest'])).stdout).toBe(
      ['/source', '/source/file', '/source/inner', '/source/inner/other', '/source/new', ''].join('\n'),
    )
    expect((await other.run(['find', '-q', 'oth*'])).stdout).toBe('/source/inner/other\n/source/inner/other\n')
    expect((await other.run(['diff', '-q', 'latest~1', 'latest'])).stdout).toBe('+    /source/new\n')
    const stats: unknown = JSON.parse((await other.run(['stats', '--json', 'latest'])).stdout)
    expect(stats).toMatchObject({ total_size: 20, total_file_count: 5, snapshots_count: 1 })
    expect((await other.run(['dump', 'latest', '/source/inner/other'])).stdout).toBe('more content')
    expect((await other.run(['cat', 'tree', 'latest:/source/inner'])).stdout).toContain('"name":"other"')
  })

  test('what is forgotten and pruned is gone, what stays is whole', async () => {
    await using other = await createCliFixture()
    await other.init()
    await writeFile(join(other.source, 'gone'), Buffer.alloc(300_000, 'gone'))
    await other.run(['backup', 'source'])
    await rm(join(other.source, 'gone'))
    await other.run(['backup', 'source'])
    const before = await other.fingerprint()
    expect((await other.run(['forget', '--keep-last', '1', '--prune', '--dry-run'])).stdout).toContain(
      'would remove 1 snapshot',
    )
    expect(await readdir(join(other.repository, 'locks'))).toEqual([])
    expect(await other.fingerprint()).toBe(before)
    const { exitCode, stdout } = await other.run(['forget', '--keep-last', '1', '--prune', '--max-unused', '0'])
    expect(exitCode).toBe(0)
    expect(stdout).toContain('removed 1 snapshot')
    expect(await other.run(['check', '--read-data', '--unused'])).toMatchObject({ exitCode: 0 })
    expect((await other.run(['ls', '-q', 'latest'])).stdout).not.toContain('gone')
  })

  test('a damaged pack is found, and healed from a copy of its data', async () => {
    await using other = await createCliFixture()
    await other.init()
    await other.run(['backup', 'source'])
    const second = join(other.directory, 'second')
    await other.init(second)
    expect(await other.run(['-r', second, 'copy', '--from-repo', other.repository])).toMatchObject({ exitCode: 0 })
    const pack =
      (await readdir(join(other.repository, 'data'), { recursive: true })).find((name) => name.length > 60) ?? ''
    const path = join(other.repository, 'data', pack)
    const bytes = await readFile(path)
    bytes[20] = (bytes[20] ?? 0) ^ 1
    await chmod(path, 0o600)
    await writeFile(path, bytes)
    const found = await other.run(['check', '--read-data'])
    expect(found.exitCode).toBe(1)
    expect(found.stdout).toContain('error: ')
    expect(await other.run(['repair', 'packs', '--from', second])).toMatchObject({ exitCode: 0 })
    expect(await other.run(['check', '--read-data'])).toMatchObject({ exitCode: 0 })
    expect(await other.run(['restore', 'latest', '-t', 'out'])).toMatchObject({ exitCode: 0 })
  })

  test('a reader that goes away ends a listing quietly', async () => {
    const script = `"$0" "$1" ls -q latest | head -c 1`
    const { execFile } = await import('node:child_process')
    const { promisify } = await import('node:util')
    const run = await promisify(execFile)('sh', ['-c', script, process.execPath, launcherPath], {
      env: { ...process.env, HOLDFAST_REPOSITORY: cli.repository, HOLDFAST_PASSWORD: password },
    })
    expect(run).toEqual({ stdout: '/', stderr: '' })
  })

  test('passwords never show in output, whatever is asked for', async () => {
    for (const words of [
      ['snapshots', '-vv'],
      ['key', 'list', '--json'],
      ['check', '-v'],
      ['restore', 'nothing', '-t', 'out'],
    ]) {
      const { stdout, stderr } = await cli.run(words)
      expect(stdout + stderr).not.toContain(password)
    }
    const location = `rest:http://user:${encodeURIComponent(password)}@127.0.0.1:1/`
    const { stderr } = await cli.run(['-r', `${location}?x`, 'snapshots'])
    expect(stderr).not.toContain(encodeURIComponent(password))
  })

  test('every command shows its help, with an example and its exit codes', async () => {
    expect((await cli.run(['--version'])).stdout).toMatch(/^holdfast \d+\.\d+\.\d+ on Node /)
    const overview = (await cli.run(['help'])).stdout
    expect(overview).toContain('backup')
    const { stdout, exitCode } = await cli.run(['restore', '--help'])
    expect(exitCode).toBe(0)
    for (const part of ['Usage:', '--target', 'Examples:', 'Exit codes:']) expect(stdout).toContain(part)
    expect((await cli.run(['help', 'key', 'add'])).stdout).toContain('--new-password-file')
  })
})
