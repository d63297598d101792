import type { Context } from '@holdfast/core/context'
import { createMasterKey } from '@holdfast/repository/format/create-master-key'
import { encodeConfigFile } from '@holdfast/repository/format/config-file'
import { createKeyFile } from '@holdfast/repository/format/key-file'
import { openRepository } from '@holdfast/repository/open/open-repository'
import type { Repository, RepositoryConfig } from '@holdfast/repository/repository'
import type { Backend, FileType } from '@holdfast/storage/backend'
import { createMemoryBackend } from '@holdfast/storage/memory/memory-backend'
import { randomBytes } from 'node:crypto'

export const scenarioPassword = 'scenario'
/** A password that is quick to check. */
export const cheapCost = { N: 1024, r: 8, p: 1 } as const

/** Makes a repository whose key is cheap to derive, with restic's most common polynomial unless another is given. */
export async function createScenarioRepository(
  backend: Backend,
  ctx: Context,
  options: Partial<Pick<RepositoryConfig, 'version' | 'chunkerPolynomial'>> = {},
): Promise<Repository> {
  const { version = 2, chunkerPolynomial = 0x3da3358b4dc173n } = options
  const key = createMasterKey()
  const config = { version, id: randomBytes(32).toString('hex'), chunkerPolynomial }
  await backend.create(ctx)
  const identity = { username: 'test', hostname: 'test' }
  const { name, bytes } = await createKeyFile(scenarioPassword, key, identity, ctx.now(), cheapCost)
  await backend.write({ type: 'key', name }, bytes, { content: 'metadata' }, ctx)
  await backend.write({ type: 'config', name: 'config' }, encodeConfigFile(key, config), { content: 'metadata' }, ctx)
  await backend.flush(ctx)
  return { backend, key, keyId: name, config }
}

/** The same repository as another process would see it. */
export function reopen(backend: Backend, ctx: Context): Promise<Repository> {
  return openRepository(backend, scenarioPassword, {}, ctx)
}

/** A repository with its files behind another backend. */
export function behind(repository: Repository, backend: Backend): Repository {
  return { ...repository, backend }
}

const fileTypes: readonly FileType[] = ['config', 'key', 'snapshot', 'index', 'data', 'lock', 'tip']

/** All files of a backend in memory, to start from the same state several times. */
export async function cloneToMemory(backend: Backend, ctx: Context): Promise<Backend> {
  const clone = createMemoryBackend('clone')
  for (const type of fileTypes) {
    for await (const file of backend.list(type, ctx)) {
      await clone.write(file, await backend.read(file, undefined, ctx), { content: 'data' }, ctx)
    }
  }
  return clone
}

/** The names of all files, for telling whether anything was written. */
export async function fileNames(backend: Backend, ctx: Context, types = fileTypes): Promise<string[]> {
  const names: string[] = []
  for (const type of types) for await (const { name } of backend.list(type, ctx)) names.push(`${type}/${name}`)
  return names.toSorted()
}
