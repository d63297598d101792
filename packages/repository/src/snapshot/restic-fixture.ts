import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Context, quietContext } from '@holdfast/core/context'
import { createLocalBackend } from '@holdfast/storage/local/local-backend'
import { encodeConfigFile } from '../format/config-file.ts'
import { createKeyFile } from '../format/key-file.ts'
import type { Repository } from '../repository.ts'
import { exampleRepository } from './snapshot-fixture.ts'

export interface ResticRun {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export interface ResticFixture extends AsyncDisposable {
  /** opened by us; its key is cheap to derive, so that restic starts quickly too */
  readonly repository: Repository
  /** of the repository, on the local disk */
  readonly path: string
  /** what restic needs to be started by other means */
  readonly environment: Readonly<Record<string, string>>
  /** runs restic on the repository, in UTC */
  restic(program: string, args: readonly string[], ctx?: Context): Promise<ResticRun>
}

const password = 'test'

/** For tests: the restic programs to compare with: the one on the PATH, and a second one named by the environment. */
export function resticPrograms(): string[] {
  const second = process.env['HOLDFAST_TEST_RESTIC']
  return second === undefined || second === '' ? ['restic'] : ['restic', second]
}

/** For tests: an empty repository in a temporary directory of its own, which restic can open. */
export async function createResticFixture(ctx: Context): Promise<ResticFixture> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-restic-'))
  const path = join(directory, 'repository')
  const repository = exampleRepository(createLocalBackend(path))
  const { backend, key, config } = repository
  await backend.create(ctx)
  const identity = { username: 'test', hostname: 'test' }
  const keyFile = await createKeyFile(password, key, identity, ctx.now(), { N: 1024, r: 8, p: 1 })
  await backend.write({ type: 'key', name: keyFile.name }, keyFile.bytes, { content: 'metadata' }, ctx)
  await backend.write({ type: 'config', name: 'config' }, encodeConfigFile(key, config), { content: 'metadata' }, ctx)
  const environment = { PATH: process.env['PATH'] ?? '', HOME: directory, TZ: 'UTC', RESTIC_PASSWORD: password }
  return {
    environment,
    repository: { ...repository, keyId: keyFile.name },
    path,
    restic: (program, args, { signal } = quietContext()) =>
      runRestic(program, ['--repo', path, '--no-cache', ...args], environment, signal),
    async [Symbol.asyncDispose]() {
      await backend[Symbol.asyncDispose]()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

function runRestic(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<ResticRun> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { env, signal, maxBuffer: 1 << 28 }, (error, stdout, stderr) => {
      if (error === null) return resolve({ exitCode: 0, stdout, stderr })
      if (typeof error.code === 'number') return resolve({ exitCode: error.code, stdout, stderr })
      reject(error)
    })
  })
}
