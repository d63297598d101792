import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import { encodeSnapshot } from '@holdfast/repository/format/snapshot'
import { openRepository } from '@holdfast/repository/open/open-repository'
import { writeUnpacked } from '@holdfast/repository/open/unpacked-files'
import { listSnapshots } from '@holdfast/repository/snapshot/list-snapshots'
import { createLocalBackend } from '@holdfast/storage/local/local-backend'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CliChoice, type CliFixture, createCliFixture, password } from './cli-fixture.ts'
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
    const asJson = await (choice?.stdin === undefined && !words.includes('--stdin')
      ? cli.runHere(['--json', ...words], choice)
      : cli.run(['--json', ...words], choice))
    const last: unknown = JSON.parse(asJson.stderr.trim().split('\n').at(-1) ?? '')
    expect(last).toMatchObject({ message_type: 'exit_error', code, message: expect.stringContaining(message) })
    expect(asJson.exitCode).toBe(code)
  })

  test('a beginning that several snapshots share', async () => {
    const ids = await readdir(join(cli.repository, 'snapshots'))
    const shared = [...'0123456789abcdef'].find((digit) => ids.filter((id) => id.startsWith(digit)).length > 1)
    if (shared === undefined) await copySnapshots(cli, 17)
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

/** Seals the config anew with another version, as a later program might. */
async function rewriteVersion(other: CliFixture, version: number): Promise<void> {
  const { seal } = await import('@holdfast/repository/format/crypto')
  const { key, config } = await openRepository(createLocalBackend(other.repository), password, {}, quietContext())
  const text = JSON.stringify({ version, id: config.id, chunker_polynomial: config.chunkerPolynomial.toString(16) })
  const path = join(other.repository, 'config')
  await rm(path, { force: true })
  await mkdir(other.repository, { recursive: true })
  await writeFile(path, seal(key, Buffer.from(text)))
}

/** So many snapshots more, of other times: of seventeen, two begin with the same digit. */
async function copySnapshots({ repository: path }: CliFixture, count: number): Promise<void> {
  const ctx = quietContext()
  const repository = await openRepository(createLocalBackend(path), password, {}, ctx)
  const [first] = await listSnapshots(repository, {}, ctx)
  if (first === undefined) throw new Error('there is no snapshot to copy')
  for (let made = 0; made < count; made++) {
    const time = new Date(Date.UTC(2026, 0, 1 + made)).toISOString()
    await writeUnpacked(repository, 'snapshot', encodeSnapshot({ ...first.snapshot, time }), ctx)
  }
}
