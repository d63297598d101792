/** A Docker engine for tests: the one that is there, or one of our own in a temporary directory. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'

export interface DockerEngine extends AsyncDisposable {
  /** what whoever uses the engine must have in its environment */
  readonly variables: Readonly<Record<string, string>>
  /** Runs the command line tool; returns what it prints, without the last line break. */
  docker(...words: readonly string[]): Promise<string>
}

/** An engine, or why there is none. */
export async function openDockerEngine(): Promise<DockerEngine | string> {
  // oxlint-disable-next-line node/no-process-env
  const { PATH = '', DOCKER_HOST } = process.env
  const present = engineAt({ PATH, ...(DOCKER_HOST === undefined ? {} : { DOCKER_HOST }) })
  const missing = await present.docker('version').then(
    () => undefined,
    (error: unknown) => String(error instanceof Error && 'stderr' in error ? error.stderr : error).trim(),
  )
  if (missing === undefined) return present
  if (!existsSync('/usr/sbin/dockerd')) return `no engine answers (${missing}), and docker.io is not installed`
  return process.geteuid?.() === 0 ? await startEngine(PATH) : 'no engine answers, and only root can start one'
}

function engineAt(variables: Readonly<Record<string, string>>, dispose = async (): Promise<void> => {}): DockerEngine {
  return {
    variables,
    async docker(...words) {
      const { stdout } = await promisify(execFile)('docker', words, { env: variables, maxBuffer: 1 << 24 })
      return stdout.trimEnd()
    },
    [Symbol.asyncDispose]: dispose,
  }
}

async function startEngine(path: string): Promise<DockerEngine | string> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-docker-'))
  const inside = (name: string): string => join(directory, name)
  // machines without CAP_SYS_RESOURCE refuse negative scores for the killer of memory, which runc wants to set
  const wrapper = `#!/bin/bash
bundle=; last=; for word in "$@"; do case $last in --bundle|-b) bundle=$word;; esac; last=$word; done
[ -n "$bundle" ] && sed -i -E 's/"oomScoreAdj":-[0-9]+/"oomScoreAdj":0/' "$bundle/config.json"
exec runc "$@"
`
  writeFileSync(inside('runc'), wrapper, { mode: 0o755 })
  const places = ['--data-root', inside('data'), '--exec-root', inside('exec'), '--pidfile', inside('pid')]
  // containers of these tests need no network, so the engine leaves the machine's alone
  const quiet = ['--bridge', 'none', '--iptables=false', '--ip6tables=false']
  const runtime = ['--add-runtime', `wrapped=${inside('runc')}`, '--default-runtime', 'wrapped']
  const log = openSync(inside('log'), 'a')
  const words = [...places, ...quiet, ...runtime, '--host', `unix://${inside('socket')}`]
  const child = spawn('/usr/sbin/dockerd', words, { stdio: ['ignore', log, log], env: { PATH: `${path}:/usr/sbin` } })
  closeSync(log)
  const dispose = async (): Promise<void> => {
    await end(child)
    await rm(directory, { recursive: true, force: true })
  }
  const engine = engineAt({ PATH: path, DOCKER_HOST: `unix://${inside('socket')}` }, dispose)
  for (let waitedMs = 0; waitedMs < 60_000 && child.exitCode === null; waitedMs += 200) {
    if (await engine.docker('version').then(Boolean, () => false)) return engine
    await pause(200)
  }
  const said = await promisify(execFile)('tail', ['-n', '3', inside('log')])
  await dispose()
  return `dockerd does not start: ${said.stdout.trim()}`
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}
