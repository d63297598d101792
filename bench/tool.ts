import { join } from 'node:path'

/** One backup program under measurement: how its commands are spelled. Each command is a program and its arguments. */
export interface Tool {
  readonly name: 'restic' | 'holdfast'
  version(): readonly string[]
  init(repository: string): readonly string[]
  backup(repository: string, directory: string): readonly string[]
  restore(repository: string, target: string): readonly string[]
  check(repository: string): readonly string[]
  snapshots(repository: string): readonly string[]
}

const root = join(import.meta.dirname, '..')

/**
 * restic with its defaults, but, unless there is a directory for it, without its cache: on local repositories that makes
 * it faster. `processors` limits what the program may run on; both programs start as many threads as they may use
 * processors.
 */
export function resticTool(program: string, processors?: number, cacheDirectory?: string): Tool {
  const limited = [...limit(processors), program]
  return tool('restic', [...limited, ...cache(cacheDirectory), '--quiet'], limited)
}

/** Holdfast as this checkout has it, by the Node that runs the benchmark. */
export function holdfastTool(processors?: number, cacheDirectory?: string): Tool {
  const program = [...limit(processors), process.execPath, join(root, 'apps/cli/bin/holdfast.js')]
  return tool('holdfast', [...program, ...cache(cacheDirectory), '--quiet'], program)
}

function cache(directory: string | undefined): readonly string[] {
  return directory === undefined ? ['--no-cache'] : ['--cache-dir', directory]
}

function limit(processors: number | undefined): readonly string[] {
  return processors === undefined ? [] : ['taskset', '--cpu-list', `0-${processors - 1}`]
}

function tool(name: Tool['name'], prefix: readonly string[], bare: readonly string[]): Tool {
  return {
    name,
    version: () => [...bare, 'version'],
    init: (repository) => [...prefix, '--repo', repository, 'init'],
    backup: (repository, directory) => [...prefix, '--repo', repository, 'backup', directory],
    restore: (repository, target) => [...prefix, '--repo', repository, 'restore', 'latest', '--target', target],
    check: (repository) => [...prefix, '--repo', repository, 'check', '--read-data'],
    snapshots: (repository) => [...prefix, '--repo', repository, 'snapshots'],
  }
}
