import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import { effectiveConfigOf } from '@holdfast/core/config/testing/effective-config-fixture'
import { quietContext } from '@holdfast/core/context'
import { initRepository } from '@holdfast/repository/open/init-repository'
import { openRepository } from '@holdfast/repository/open/open-repository'
import type { Repository } from '@holdfast/repository/repository'
import { createLocalBackend } from '@holdfast/storage/local/local-backend'
import { openCatalogue, type OpenedCatalogue } from '../../catalogue/open-catalogue.ts'
import type { Operation, Run } from '../../run/run.ts'
import { blankRun } from '../../run/testing/blank-run.ts'
import { executeRun } from '../execute-run.ts'
import type { Machine } from '../machine.ts'
import type { OperationReport, OperationSurroundings } from '../operation-report.ts'
import { createRepositoryPool } from '../repository-pool.ts'

export type Written = Parameters<typeof effectiveConfigOf>[0]

/** For tests: two repositories in a temporary directory, a configuration, a catalogue, and runs without a queue. */
export interface OperationFixture extends AsyncDisposable {
  readonly directory: string
  readonly catalogue: OpenedCatalogue
  readonly machine: Machine
  /** "first" or "second" */
  repositoryPath(name: string): string
  open(name: string): Promise<Repository>
  configure(written: Written): EffectiveConfig
  perform(operation: Operation, about: Partial<Run>): Promise<OperationReport>
  /** For what is no run. */
  surround<Result>(work: (surroundings: FixtureSurroundings) => Promise<Result>): Promise<Result>
}

type FixtureSurroundings = OperationSurroundings & { readonly catalogue: OpenedCatalogue }

const password = 'correct horse'
const cheapKey = { identity: { username: 'test', hostname: 'test' }, cost: { N: 2, r: 1, p: 1 } } as const
const ctx = quietContext()

export async function createOperationFixture(written: (directory: string) => Written): Promise<OperationFixture> {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-operation-'))
  // scratch servers run as another user when the test is root
  chmodSync(directory, 0o755)
  const repositoryPath = (name: string): string => join(directory, name)
  for (const name of ['first', 'second']) {
    await initRepository(createLocalBackend(repositoryPath(name)), password, cheapKey, ctx)
  }
  const machine = machineOf(directory)
  const catalogue = await openCatalogue({ type: 'sqlite', path: join(directory, 'catalogue.db') }, ctx)
  const place = (name: string) => ({ location: repositoryPath(name), password: { env: 'PASSWORD' } })
  const repositories = { first: place('first'), second: place('second') }
  const configure = (more: Written): EffectiveConfig => effectiveConfigOf({ repositories, ...more })
  let config = configure(written(directory))
  let serial = 0
  return {
    directory,
    catalogue,
    machine,
    repositoryPath,
    open: (name) => openRepository(createLocalBackend(repositoryPath(name)), password, {}, ctx),
    configure: (more) => (config = configure(more)),
    async perform(operation, about) {
      await using pool = createRepositoryPool(config.repositories, machine)
      const run: Run = { ...blankRun(`run-${++serial}`), operation, ...about }
      return await executeRun(run, { config, catalogue, machine, repositories: pool }, ctx)
    },
    async surround(work) {
      await using pool = createRepositoryPool(config.repositories, machine)
      return await work({ config, catalogue, machine, repositories: pool })
    },
    async [Symbol.asyncDispose]() {
      await catalogue[Symbol.asyncDispose]()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

function machineOf(directory: string): Machine {
  return {
    variable: (name) => (name === 'PASSWORD' ? password : process.env[name]),
    resolveSecret: async (reference) => {
      if ('text' in reference) return reference.text
      return 'env' in reference && reference.env === 'PASSWORD' ? password : ''
    },
    random: () => 0.5,
    identity: { hostname: 'test-host', username: 'test', pid: process.pid, uid: 0, gid: 0 },
    homeDirectory: directory,
    temporaryDirectory: directory,
    cacheDirectory: undefined,
    version: '0',
    workers: 2,
  }
}
