/** `holdfast follow` as a process of its own, which is ended the hard way. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { type CliFixture, launcherPath, password } from '../../apps/cli/src/cli-fixture.ts'

export interface KilledFollower {
  /** what it printed as JSON */
  messages(): readonly Readonly<Record<string, unknown>>[]
  /** all it printed, for people */
  output(): string
  /** Asks it to end, which it does after it has put everything into a snapshot. */
  ask(): void
  kill(): Promise<void>
  /** exit code */
  readonly ended: Promise<number | null>
}

export function startFollower(fixture: CliFixture, words: readonly string[]): KilledFollower {
  const env = {
    // oxlint-disable-next-line node/no-process-env
    PATH: process.env['PATH'],
    // oxlint-disable-next-line node/no-process-env
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
    HOME: fixture.directory,
    XDG_CACHE_HOME: join(fixture.directory, 'cache'),
    HOLDFAST_REPOSITORY: fixture.repository,
    HOLDFAST_PASSWORD: password,
  }
  const child = spawn(process.execPath, [launcherPath, 'follow', '--json', ...words], { env })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
  const ended = once(child, 'close').then(([code]: (number | null)[]) => code ?? null)
  return {
    messages: () =>
      output
        .split('\n')
        .filter((line) => line.startsWith('{') && line.endsWith('}'))
        // boundary: the documented JSON of the command
        .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>),
    output: () => output,
    ask: () => void child.kill('SIGTERM'),
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
    ended,
  }
}
