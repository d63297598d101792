import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process'

/** A program that runs until it is stopped. For servers that tests start. */
export interface ServerProcess extends AsyncDisposable {
  /** the last of what it printed, for error messages */
  output(): string
  hasExited(): boolean
  /** whether it came to its end with exit code 0 */
  hasSucceeded(): boolean
}

/** Starts a program; a missing one is an error that names the Debian package to install. */
export async function startProcess(
  command: string,
  args: readonly string[],
  debianPackage: string,
  options: SpawnOptions = {},
): Promise<ServerProcess> {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  const keep = (piece: Buffer) => {
    output = (output + piece.toString()).slice(-4000)
  }
  child.stdout?.on('data', keep)
  child.stderr?.on('data', keep)
  await new Promise<void>((done, fail) => {
    child.once('spawn', done)
    child.once('error', (error) =>
      fail(new Error(`${command} is needed: apt-get install ${debianPackage}`, { cause: error })),
    )
  })
  return {
    output: () => output,
    hasExited: () => isOver(child),
    hasSucceeded: () => child.exitCode === 0,
    async [Symbol.asyncDispose]() {
      if (isOver(child)) return
      const over = new Promise((done) => child.once('exit', done))
      child.kill('SIGKILL')
      await over
    },
  }
}

function isOver(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

/** Runs a program to its end, and fails with what it printed unless it succeeds. */
export async function runToEnd(
  command: string,
  args: readonly string[],
  debianPackage: string,
  options: SpawnOptions & { readonly timeoutMs?: number } = {},
): Promise<string> {
  await using running = await startProcess(command, args, debianPackage, options)
  const deadline = AbortSignal.timeout(options.timeoutMs ?? 60_000)
  while (!running.hasExited()) {
    if (deadline.aborted) throw new Error(`${command} does not come to an end: ${running.output()}`)
    await pause(20)
  }
  if (!running.hasSucceeded()) throw new Error(`${command} ${args.join(' ')} fails: ${running.output()}`)
  return running.output()
}

/** Asks again and again until the answer is yes; gives up when the server has died or takes too long. */
export async function waitUntil(
  what: string,
  ready: () => Promise<boolean>,
  server: ServerProcess,
  timeoutMs = 60_000,
): Promise<void> {
  const deadline = AbortSignal.timeout(timeoutMs)
  while (!(await ready().catch(() => false))) {
    if (server.hasExited() || deadline.aborted) throw new Error(`${what} does not start: ${server.output()}`)
    await pause(100)
  }
}

function pause(delayMs: number): Promise<void> {
  return new Promise((done) => setTimeout(done, delayMs))
}
