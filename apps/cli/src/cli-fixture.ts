import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { quietContext } from '@holdfast/core/context'
import { cheapenKey } from '@holdfast/repository/key/testing/cheapen-key'
import { initRepository } from '@holdfast/repository/open/init-repository'
import { createLocalBackend } from '@holdfast/storage/local/local-backend'
import type { Channel } from './output/channel.ts'
import { runCommandLine } from './run-command-line.ts'

export interface CliRun {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export interface CliChoice {
  readonly variables?: Readonly<Record<string, string>>
  readonly stdin?: string | Uint8Array
  readonly cwd?: string
  /** told when the process is there, to act in the middle of a run */
  readonly onStart?: (pid: number) => void
  /** told what appears on stdout and stderr when it appears */
  readonly onOutput?: (text: string) => void
}

/** For tests: the real command line in a directory of its own, with a repository and something to back up. */
export interface CliFixture extends AsyncDisposable {
  readonly directory: string
  readonly repository: string
  readonly source: string
  run(words: readonly string[], choice?: CliChoice): Promise<CliRun>
  /** The same in this process, at a fifth of the time; it is in the fixture's directory then, and nothing comes from stdin. */
  runHere(words: readonly string[], choice?: Pick<CliChoice, 'variables'>): Promise<CliRun>
  /** Makes a repository whose password is quick to try, since half a second for each run would add up; without words, quickly. */
  init(path?: string, words?: readonly string[]): Promise<void>
  /** what lies in the repository now: one hash of all names and contents, locks included */
  fingerprint(path?: string): Promise<string>
}

export const launcherPath = fileURLToPath(new URL('../bin/holdfast.js', import.meta.url))
export const password = 'correct horse'

/** For tests. */
export async function createCliFixture(): Promise<CliFixture> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-cli-'))
  const [repository, source] = [join(directory, 'repository'), join(directory, 'source')]
  await mkdir(join(source, 'inner'), { recursive: true })
  await writeFile(join(source, 'file'), 'content')
  await writeFile(join(source, 'inner', 'other'), 'more content')
  const own = {
    HOLDFAST_REPOSITORY: repository,
    HOLDFAST_PASSWORD: password,
    HOLDFAST_FROM_PASSWORD: password,
    XDG_CACHE_HOME: join(directory, 'cache'),
  }
  const run = (words: readonly string[], choice: CliChoice = {}) =>
    runCli(words, { ...choice, cwd: choice.cwd ?? directory, variables: { ...own, ...choice.variables } })
  return {
    directory,
    repository,
    source,
    run,
    runHere: (words, choice = {}) => runInProcess(words, directory, { ...own, ...choice.variables }),
    async init(path = repository, words = []) {
      if (words.length === 0) return await makeRepository(path)
      const { exitCode, stderr } = await run(['-r', path, 'init', ...words])
      if (exitCode !== 0) throw new Error(stderr)
      await cheapenKey(path, password)
    },
    fingerprint: (path = repository) => fingerprintOf(path),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  }
}

const cheapKey = { identity: { username: 'test', hostname: 'test' }, cost: { N: 2, r: 1, p: 1 } } as const

async function makeRepository(path: string): Promise<void> {
  await initRepository(createLocalBackend(path), password, cheapKey, quietContext())
}

function runCli(words: readonly string[], choice: CliChoice): Promise<CliRun> {
  const { variables = {}, stdin, cwd, onStart, onOutput = () => {} } = choice
  return new Promise((resolve, reject) => {
    const { PATH, HOME, NODE_COMPILE_CACHE } = process.env
    const env = { PATH, HOME, NODE_COMPILE_CACHE, TZ: 'UTC', ...variables }
    const child = spawn(process.execPath, [launcherPath, ...words], { env, ...(cwd === undefined ? {} : { cwd }) })
    const output = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        output[name] += text
        onOutput(text)
      })
    }
    child.stdin.on('error', () => {})
    child.stdin.end(stdin ?? '')
    child.on('error', reject)
    child.on('close', (code) => resolve({ exitCode: code ?? -1, ...output }))
    if (child.pid !== undefined) onStart?.(child.pid)
  })
}

async function runInProcess(
  words: readonly string[],
  directory: string,
  variables: Readonly<Record<string, string>>,
): Promise<CliRun> {
  const output = { stdout: '', stderr: '' }
  const channel = (name: 'stdout' | 'stderr'): Channel => ({
    write(content, done) {
      output[name] += typeof content === 'string' ? content : Buffer.from(content).toString()
      done?.()
    },
  })
  const refuse = (): never => {
    throw new Error('there is no terminal')
  }
  const { PATH, HOME } = process.env
  const environment: Readonly<Record<string, string | undefined>> = { PATH, HOME, TZ: 'UTC', ...variables }
  const before = process.cwd()
  process.chdir(directory)
  try {
    const exitCode = await runCommandLine(words, {
      signal: new AbortController().signal,
      variables: (name) => environment[name],
      stdin: { setRawMode: refuse, resume: refuse, pause: refuse, on: refuse, off: refuse },
      stdout: channel('stdout'),
      stderr: channel('stderr'),
      now: () => new Date(),
      nowMs: () => performance.now(),
    })
    return { exitCode, ...output }
  } finally {
    process.chdir(before)
  }
}

async function fingerprintOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => [])
  for (const entry of entries.toSorted((a, b) => (join(a.parentPath, a.name) < join(b.parentPath, b.name) ? -1 : 1))) {
    const full = join(entry.parentPath, entry.name)
    hash.update(`${full}\0`)
    if (entry.isFile()) hash.update(await readFile(full))
  }
  return hash.digest('hex')
}
