import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type CliChoice,
  type CliFixture,
  type CliRun,
  createCliFixture,
  launcherPath,
  password,
} from './cli-fixture.ts'

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

const isRoot = process.geteuid?.() === 0

describe('bad input gets one clear message, its exit code, and changes nothing', () => {
  interface BadInput {
    readonly title: string
    readonly words: readonly string[]
    readonly code: number
    readonly message: string
    readonly choice?: CliChoice
  }
  const inputs: readonly BadInput[] = [
    {
      title: 'a wrong password',
      words: ['snapshots'],
      code: 12,
      message: 'wrong password',
      choice: { variables: { HOLDFAST_PASSWORD: 'wrong' } },
    },
    {
      title: 'no password and nobody to ask',
      words: ['snapshots'],
      code: 1,
      message: 'no password',
      choice: { variables: { HOLDFAST_PASSWORD: '' } },
    },
    {
      title: 'a password file that does not exist',
      words: ['snapshots', '--password-file', 'missing'],
      code: 1,
      message: 'cannot obtain the password from --password-file missing',
    },
    {
      title: 'no repository named',
      words: ['snapshots'],
      code: 1,
      message: 'no repository was named',
      choice: { variables: { HOLDFAST_REPOSITORY: '' } },
    },
    {
      title: 'a place that is not a repository',
      words: ['-r', 'source', 'snapshots'],
      code: 10,
      message: 'there is no repository at',
    },
    {
      title: 'a place that does not exist',
      words: ['-r', 'nowhere', 'backup', 'source'],
      code: 10,
      message: 'there is no repository at',
    },
    {
      title: 'a location that is not understood',
      words: ['-r', 'ftp:host', 'snapshots'],
      code: 1,
      message: 'is not understood',
    },
    {
      title: 'a bucket without its name',
      words: ['-r', 's3:https://host.example', 'snapshots'],
      code: 1,
      message: 'the bucket is missing',
    },
    { title: 'a repository where one is to be made', words: ['init'], code: 1, message: 'already holds a repository' },
    { title: 'no source path', words: ['backup'], code: 1, message: 'backup needs a path to back up' },
    {
      title: 'only source paths that do not exist',
      words: ['backup', 'missing', 'gone'],
      code: 1,
      message: 'none of the paths to back up exists: missing, gone',
    },
    {
      title: 'an unknown snapshot',
      words: ['restore', 'ffff0000', '-t', 'out'],
      code: 1,
      message: 'no snapshot matches',
    },
    {
      title: 'no snapshot of that host',
      words: ['restore', 'latest', '--host', 'elsewhere', '-t', 'out'],
      code: 1,
      message: 'no snapshot matches',
    },
    {
      title: 'a path that is not in the snapshot',
      words: ['restore', 'latest:/missing', '-t', 'out'],
      code: 1,
      message: '/missing is not in snapshot',
    },
    { title: 'no restore target', words: ['restore', 'latest'], code: 1, message: 'restore needs --target' },
    {
      title: 'a restore target that is not empty',
      words: ['restore', 'latest', '-t', 'source'],
      code: 1,
      message: 'is not empty',
    },
    {
      title: 'a restore target that is a file',
      words: ['restore', 'latest', '-t', 'source/file'],
      code: 1,
      message: 'is not a directory',
    },
    {
      title: 'a restore target that cannot be written',
      words: ['restore', 'latest', '-t', '/proc/nowhere'],
      code: 1,
      message: 'cannot restore to /proc/nowhere',
    },
    {
      title: 'a malformed exclude pattern',
      words: ['backup', 'source', '--exclude', '[a'],
      code: 1,
      message: 'for --exclude',
    },
    {
      title: 'a malformed include pattern',
      words: ['restore', 'latest', '-t', 'out', '--include', 'a\\'],
      code: 1,
      message: 'for --include',
    },
    {
      title: 'a pattern file that does not exist',
      words: ['backup', 'source', '--exclude-file', 'missing'],
      code: 1,
      message: 'for --exclude-file',
    },
    {
      title: 'a malformed size',
      words: ['backup', 'source', '--exclude-larger-than', '10X'],
      code: 1,
      message: 'for --exclude-larger-than',
    },
    {
      title: 'a malformed duration',
      words: ['forget', '--keep-within', '3 weeks'],
      code: 1,
      message: 'for --keep-within',
    },
    {
      title: 'a malformed waiting time',
      words: ['backup', 'source', '--retry-lock', 'soon'],
      code: 1,
      message: 'for --retry-lock',
    },
    { title: 'a malformed time', words: ['backup', 'source', '--time', 'yesterday'], code: 1, message: 'for --time' },
    { title: 'a malformed count', words: ['forget', '--keep-last', 'few'], code: 1, message: 'for --keep-last' },
    {
      title: 'a malformed subset',
      words: ['check', '--read-data-subset', '5/3'],
      code: 1,
      message: 'for --read-data-subset',
    },
    { title: 'a malformed grouping', words: ['snapshots', '--group-by', 'colour'], code: 1, message: 'for --group-by' },
    {
      title: 'a word that is not a choice',
      words: ['backup', 'source', '--compression', 'zip'],
      code: 1,
      message: 'for --compression',
    },
    {
      title: 'a malformed setting of the storage',
      words: ['snapshots', '-o', 's3.regoin=x'],
      code: 1,
      message: 'unknown option -o s3.regoin',
    },
    {
      title: 'an unknown option',
      words: ['backup', 'source', '--exlude', 'x'],
      code: 1,
      message: 'unknown option --exlude',
    },
    {
      title: 'an option without its value',
      words: ['backup', 'source', '--exclude'],
      code: 1,
      message: 'option --exclude needs a value',
    },
    { title: 'an unknown command', words: ['bakcup', 'source'], code: 1, message: 'there is no command bakcup' },
    {
      title: 'an argument too many',
      words: ['init', 'here'],
      code: 1,
      message: 'init does not take the argument here',
    },
    { title: 'a policy without a rule', words: ['forget'], code: 1, message: 'no policy was given' },
    {
      title: 'a policy that would remove everything',
      words: ['forget', '--keep-tag', 'never-given'],
      code: 1,
      message: 'would remove every snapshot',
    },
    {
      title: 'a command that fails',
      words: ['backup', '--stdin-from-command', '--', 'sh', '-c', 'echo data; exit 7'],
      code: 1,
      message: 'the command sh ended with exit code 7',
    },
    {
      title: 'a command that writes nothing',
      words: ['backup', '--stdin-from-command', '--', 'true'],
      code: 1,
      message: 'the command true wrote nothing',
    },
    {
      title: 'a command that does not exist',
      words: ['backup', '--stdin-from-command', '--', 'no-such-program'],
      code: 1,
      message: 'could not be started',
    },
    {
      title: 'nothing on standard input',
      words: ['backup', '--stdin'],
      code: 1,
      message: 'nothing came from standard input',
    },
    { title: 'a key that is not there', words: ['key', 'remove', 'ffff'], code: 1, message: 'no key matches' },
    {
      title: 'an object that is not there',
      words: ['cat', 'index', 'ffff'],
      code: 1,
      message: 'there is no index ffff',
    },
    { title: 'a kind of object that is not known', words: ['cat', 'thing', 'ffff'], code: 1, message: 'for <type>' },
    { title: 'a malformed pattern to find', words: ['find', '[a'], code: 1, message: 'for <pattern>' },
    { title: 'a relative path to list', words: ['ls', 'latest', 'etc'], code: 1, message: 'it must start with /' },
    {
      title: 'a path to dump that is not there',
      words: ['dump', 'latest', '/missing'],
      code: 1,
      message: '/missing is not in snapshot',
    },
    { title: 'a malformed limit', words: ['prune', '--max-unused', '5 percent'], code: 1, message: 'for --max-unused' },
    {
      title: 'a source repository that is not there',
      words: ['copy', '--from-repo', 'nowhere'],
      code: 10,
      message: 'there is no repository at',
    },
    { title: 'no source repository', words: ['copy'], code: 1, message: 'no source repository was named' },
    {
      title: 'packs to repair that are not named',
      words: ['repair', 'packs'],
      code: 1,
      message: 'repair packs needs the ids of packs',
    },
    {
      title: 'a snapshot to compare that is not there',
      words: ['diff', 'latest', 'ffff'],
      code: 1,
      message: 'no snapshot matches',
    },
    {
      title: 'tags without a change',
      words: ['tag', 'latest'],
      code: 1,
      message: 'tag needs --add, --remove or --set',
    },
    {
      title: 'going without a lock where one is needed',
      words: ['tag', '--no-lock', '--add', 'x'],
      code: 1,
      message: '--no-lock',
    },
  ]

  test.each(inputs)('$title', async ({ words, code, message, choice }) => {
    const before = await snapshotState()
    expectOneMessage(await cli.run(words, choice), code, message)
    expect(await snapshotState()).toEqual(before)
    const asJson = await cli.run(['--json', ...words], choice)
    const last: unknown = JSON.parse(asJson.stderr.trim().split('\n').at(-1) ?? '')
    expect(last).toMatchObject({ message_type: 'exit_error', code, message: expect.stringContaining(message) })
    expect(asJson.exitCode).toBe(code)
  })

  test('a beginning that several snapshots share', async () => {
    const ids = await readdir(join(cli.repository, 'snapshots'))
    const shared = [...'0123456789abcdef'].find((digit) => ids.filter((id) => id.startsWith(digit)).length > 1)
    for (let made = 0; shared === undefined && made < 17; made++) await cli.run(['backup', '-q', cli.source])
    const all = await readdir(join(cli.repository, 'snapshots'))
    const first = [...'0123456789abcdef'].find((digit) => all.filter((id) => id.startsWith(digit)).length > 1) ?? ''
    expectOneMessage(await cli.run(['restore', first, '-t', 'out']), 1, `${first} matches`)
  })

  test('a repository of a newer format', async () => {
    await using other = await createCliFixture()
    await other.init()
    await rewriteVersion(other, 3)
    const before = await other.fingerprint()
    expectOneMessage(await other.run(['backup', other.source]), 1, 'format version 3')
    expect(await other.fingerprint()).toBe(before)
  })

  test.skipIf(isRoot)('a repository that may not be written to', async () => {
    await using other = await createCliFixture()
    await other.init()
    await chmod(join(other.repository, 'locks'), 0o500)
    expectOneMessage(await other.run(['backup', other.source]), 1, 'refuses')
    await chmod(join(other.repository, 'locks'), 0o700)
  })

  test('a repository whose disk has vanished', async () => {
    await using other = await createCliFixture()
    await other.init()
    await rename(other.repository, `${other.repository}-away`)
    expectOneMessage(await other.run(['backup', other.source]), 10, 'there is no repository at')
    expect(await readdir(other.directory)).not.toContain('repository')
  })

  async function snapshotState(): Promise<unknown> {
    const names = async (type: string) => (await readdir(join(cli.repository, type))).toSorted()
    return {
      snapshots: await names('snapshots'),
      keys: await names('keys'),
      locks: await names('locks'),
      config: await readFile(join(cli.repository, 'config'), 'hex'),
      source: await cli.fingerprint(cli.source),
      out: (await readdir(cli.directory)).includes('out'),
    }
  }
})

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
    const marker = join(other.directory, 'survived')
    const script = `(sleep 3; touch '${marker}') & echo data; sleep 30`
    const started = performance.now()
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
    expect(performance.now() - started).toBeLessThan(20_000)
    expect(await readdir(join(other.repository, 'snapshots'))).toEqual([])
    await new Promise((resolve) => setTimeout(resolve, 3500))
    expect(await readdir(other.directory)).not.toContain('survived')
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
    const onStart = (pid: number) => setTimeout(() => process.kill(pid, 'SIGINT'), 3000)
    const run = await other.run(['backup', '--stdin-from-command', '--', 'sh', '-c', 'echo data; sleep 60'], {
      onStart,
    })
    expectOneMessage(run, 130, 'interrupted')
    expect(await readdir(join(other.repository, 'snapshots'))).toEqual([])
    expect(await readdir(join(other.repository, 'locks'))).toEqual([])
  })

  test('an interrupted check gives its lock back', async () => {
    await using other = await createCliFixture()
    await other.init()
    const run = await other.run(['check', '--limit-download', '1'], {
      onStart: (pid) => setTimeout(() => process.kill(pid, 'SIGTERM'), 1500),
    })
    expect([0, 130]).toContain(run.exitCode)
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

function expectOneMessage({ exitCode, stderr }: CliRun, code: number, message: string): void {
  const lines = stderr.trim().split('\n')
  expect(lines.filter((line) => line.startsWith('holdfast: '))).toHaveLength(1)
  expect(lines.at(-2)).toContain(message)
  expect(lines.at(-1)).toMatch(/^hint: /)
  expect(stderr).not.toContain('    at ')
  expect(exitCode).toBe(code)
}

/** Seals the config anew with another version, as a later program might. */
async function rewriteVersion(other: CliFixture, version: number): Promise<void> {
  const { createLocalBackend } = await import('@holdfast/storage/local/local-backend')
  const { openRepository } = await import('@holdfast/repository/open/open-repository')
  const { quietContext } = await import('@holdfast/core/context')
  const { seal } = await import('@holdfast/repository/format/crypto')
  const { key, config } = await openRepository(createLocalBackend(other.repository), password, {}, quietContext())
  const text = JSON.stringify({ version, id: config.id, chunker_polynomial: config.chunkerPolynomial.toString(16) })
  const path = join(other.repository, 'config')
  await rm(path, { force: true })
  await mkdir(other.repository, { recursive: true })
  await writeFile(path, seal(key, Buffer.from(text)))
}
