import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { type CliFixture, type CliRun, createCliFixture, launcherPath, password } from '../../cli-fixture.ts'

/** For tests: two repositories "first" and "second", a configuration beside them, and the command line on it. */
export interface ControlFixture extends AsyncDisposable {
  readonly directory: string
  /** of files */
  readonly source: string
  repositoryPath(name: 'first' | 'second'): string
  /** Writes the configuration: what is given, below the two repositories. */
  configure(yaml: string): Promise<void>
  run(words: readonly string[], variables?: Readonly<Record<string, string>>): Promise<CliRun>
  /** what a command prints with --json, one value a line */
  ask(words: readonly string[]): Promise<readonly unknown[]>
  serve(words?: readonly string[]): Promise<RunningServer>
  /** Another process that goes on, which has begun when it has said something. */
  start(words: readonly string[], began: RegExp, variables?: Readonly<Record<string, string>>): Promise<RunningServer>
}

export interface RunningServer {
  readonly pid: number
  /** "http://127.0.0.1:…" */
  readonly address: string
  log(): string
  /** Resolves when a line of the log matches. */
  said(pattern: RegExp, timeoutMs?: number): Promise<void>
  /** Returns the exit code. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>
  tell(signal: NodeJS.Signals): void
}

export async function createControlFixture(): Promise<ControlFixture> {
  const cli = await createCliFixture()
  const configPath = join(cli.directory, 'holdfast.yaml')
  const repositoryPath = (name: string): string => join(cli.directory, name)
  for (const name of ['first', 'second']) await cli.init(repositoryPath(name))
  await writeFile(join(cli.directory, 'password'), `${password}\n`, { mode: 0o600 })
  const variables = variablesOf(cli, configPath)
  const run: ControlFixture['run'] = (words, more) => cli.run(words, { variables: { ...variables, ...more } })
  const servers: RunningServer[] = []
  const start: ControlFixture['start'] = async (words, began, more = {}) => {
    const server = startProcess(cli, words, { ...variables, ...more })
    servers.push(server)
    await server.said(began)
    return server
  }
  return {
    directory: cli.directory,
    source: cli.source,
    repositoryPath,
    run,
    configure: (yaml) => writeFile(configPath, `${repositories}${yaml}`),
    async ask(words) {
      const { exitCode, stdout, stderr } = await run([...words, '--json'])
      if (exitCode !== 0 && exitCode !== 3) throw new Error(`${words.join(' ')}: ${exitCode} ${stderr}`)
      return stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line): unknown => JSON.parse(line))
    },
    serve: (words = []) => start(['serve', ...words], /serving .* on http/),
    start,
    async [Symbol.asyncDispose]() {
      for (const server of servers) await server.end('SIGKILL')
      await cli[Symbol.asyncDispose]()
    },
  }
}

const repositories = `repositories:
  first: { location: ./first, password: { file: ./password } }
  second: { location: ./second, password: { file: ./password }, medium: object, offSite: true }
`

function variablesOf({ directory }: CliFixture, configPath: string): Record<string, string> {
  return { HOLDFAST_CONFIG: configPath, HOLDFAST_STATE_DIR: join(directory, 'state'), PGUSER: 'postgres' }
}

function startProcess(
  { directory }: CliFixture,
  words: readonly string[],
  variables: Readonly<Record<string, string>>,
): RunningServer {
  const { PATH, HOME, NODE_COMPILE_CACHE } = process.env
  const env = { PATH, HOME, NODE_COMPILE_CACHE, TZ: 'UTC', XDG_CACHE_HOME: join(directory, 'cache'), ...variables }
  const child: ChildProcess = spawn(process.execPath, [launcherPath, ...words], {
    env,
    cwd: directory,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let text = ''
  child.stderr?.setEncoding('utf8').on('data', (more: string) => (text += more))
  // later than its exit: everything it has said was read
  let isClosed = false
  child.once('close', () => (isClosed = true))
  const said = async (pattern: RegExp, timeoutMs = 120_000): Promise<void> => {
    const endsAt = Date.now() + timeoutMs
    while (!text.split('\n').some((line) => pattern.test(line))) {
      if (Date.now() > endsAt || isClosed) throw new Error(`${pattern} was not said:\n${text}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  return {
    pid: child.pid ?? 0,
    get address() {
      return /on (http:\/\/[\d.:]+)/.exec(text)?.[1] ?? ''
    },
    log: () => text,
    said,
    tell: (signal) => void child.kill(signal),
    async end(signal) {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill(signal)
        await once(child, 'exit')
      }
      return child.exitCode
    },
  }
}

export interface Webhook extends AsyncDisposable {
  readonly url: string
  /** bodies, in their order */
  readonly received: readonly unknown[]
}

/** A server that takes what it is told. */
export async function openWebhook(): Promise<Webhook> {
  const received: unknown[] = []
  const server: Server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => (body += text))
    request.on('end', () => {
      received.push(JSON.parse(body))
      response.end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}/hook`,
    received,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}
