import { chmodSync, chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { unprivilegedIdentity } from '@holdfast/connectors/postgresql/server/run-as'
import { measureProcess } from '../measure-process.ts'
import type { Cluster } from './cluster.ts'

export type Command = readonly string[]

/** One way to back up the cluster, with a repository of its own. */
export interface Contender {
  readonly name: string
  /** makes an empty repository, removing what is there */
  init(): Promise<void>
  backup(): Command
  /** of the newest backup; absent for one that is only measured backing up */
  restore?(target: string): Command
}

export const environment: Readonly<Record<string, string>> = {
  PATH: process.env['PATH'] ?? '',
  HOME: process.env['HOME'] ?? '/',
  HOLDFAST_PASSWORD: 'benchmark',
  LC_ALL: 'C.UTF-8',
}

/** For a program of the server's own user: PostgreSQL's and pgBackRest's must not be root. */
function asServer(command: Command): Command {
  const identity = unprivilegedIdentity()
  if (identity === undefined) return command
  return ['setpriv', `--reuid=${identity.uid}`, `--regid=${identity.gid}`, '--clear-groups', ...command]
}

/** A new directory that the server's user may write to. */
export function freshDirectory(path: string): void {
  rmSync(path, { recursive: true, force: true })
  mkdirSync(path, { mode: 0o700 })
  const identity = unprivilegedIdentity()
  if (identity !== undefined) chownSync(path, identity.uid, identity.gid)
}

/** Holdfast's command line as this checkout has it. */
export const holdfastProgram = [process.execPath, join(import.meta.dirname, '../../apps/cli/bin/holdfast.js')]

export const source = 'bench'

export function holdfast(cluster: Cluster, directory: string, method: 'direct' | 'wire'): Contender {
  const repository = join(directory, `holdfast-${method}`)
  const program = [...holdfastProgram, '--repo', repository, '--no-cache', '--quiet']
  const url = `postgresql://postgres@/postgres?host=${encodeURIComponent(cluster.socketDirectory)}&port=${cluster.port}`
  return {
    name: `Holdfast, ${method}`,
    async init() {
      rmSync(repository, { recursive: true, force: true })
      await measureProcess([...program, 'init'], environment)
    },
    backup: () => [...program, 'backup', url, '--source', source, '--method', method, '--host', 'bench'],
    restore: (target) => [...program, 'restore', source, '--at', 'backup', '--to', target],
  }
}

/** With zstd and as many processes as there are processors; without an archive, which the benchmark does not need. */
export function pgBackRest(cluster: Cluster, directory: string, type: 'full' | 'incr', processes: number): Contender {
  const own = join(directory, `pgbackrest-${type}`)
  const configuration = join(own, 'pgbackrest.conf')
  const common = ['pgbackrest', `--config=${configuration}`, '--stanza=bench', `--process-max=${processes}`]
  const online = ['--no-archive-check', '--start-fast', `--type=${type}`]
  return {
    name: type === 'full' ? 'pgBackRest' : 'pgBackRest, incremental',
    async init() {
      freshDirectory(own)
      writeFileSync(configuration, configurationOf(cluster, own))
      chmodSync(configuration, 0o644)
      await measureProcess(asServer([...common.slice(0, 3), '--no-online', 'stanza-create']), environment)
    },
    backup: () => asServer([...common, ...online, 'backup']),
    restore: (target) => asServer([...common, `--pg1-path=${target}`, 'restore']),
  }
}

function configurationOf({ dataDirectory, port, socketDirectory }: Cluster, own: string): string {
  return `[global]
repo1-path=${own}/repository
repo1-retention-full=99
compress-type=zst
log-level-console=error
log-level-file=off
lock-path=${own}/lock
spool-path=${own}/spool

[bench]
pg1-path=${dataDirectory}
pg1-port=${port}
pg1-socket-path=${socketDirectory}
pg1-user=postgres
`
}

/** What many scripts do. */
export function pgBaseBackup(cluster: Cluster, directory: string, processes: number): Contender {
  const own = join(directory, 'pg_basebackup')
  const { binDirectory, socketDirectory, port } = cluster
  const source_ = `${binDirectory}/pg_basebackup -h ${socketDirectory} -p ${port} -U postgres -D - -Ft -X none -c fast`
  return {
    name: 'pg_basebackup \\| zstd',
    init: () => Promise.resolve(freshDirectory(own)),
    backup: () =>
      asServer(['bash', '-o', 'pipefail', '-c', `${source_} | zstd -3 -T${processes} -q -f -o ${own}/base.tar.zst`]),
  }
}
