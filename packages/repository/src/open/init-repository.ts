import { randomBytes } from 'node:crypto'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Backend, FileType } from '@holdfast/storage/backend'
import { encodeConfigFile } from '../format/config-file.ts'
import { createMasterKey } from '../format/create-master-key.ts'
import { createKeyFile } from '../format/key-file.ts'
import { isChunkerPolynomial, randomPolynomial } from '../format/polynomial.ts'
import type { Repository, RepositoryConfig } from '../repository.ts'
import type { ScryptCost } from '../scrypt/scrypt.ts'

export interface InitOptions {
  /** format version, 2 unless given */
  readonly version?: 1 | 2
  /** copied from another repository so that both cut the same chunks; random unless given */
  readonly chunkerPolynomial?: bigint
  /** who made the first key */
  readonly identity: { readonly username: string; readonly hostname: string }
  /** how hard the password is to guess; the usual cost unless given */
  readonly cost?: ScryptCost
}

/**
 * Creates a repository in an empty place. The key is written first: without the config an interrupted attempt is not
 * yet a repository.
 * @throws AppError REPOSITORY_EXISTS, ARGUMENT_INVALID, STORAGE_…
 */
export async function initRepository(
  backend: Backend,
  password: string,
  options: InitOptions,
  ctx: Context,
): Promise<Repository> {
  const config = newConfig(options)
  for (const type of ['config', 'key', 'snapshot'] as const) await refuseExisting(backend, type, ctx)
  await backend.create(ctx)
  const key = createMasterKey()
  const file = await createKeyFile(password, key, options.identity, ctx.now(), options.cost)
  await backend.write({ type: 'key', name: file.name }, file.bytes, { content: 'metadata' }, ctx)
  await backend.flush(ctx)
  await backend.write({ type: 'config', name: 'config' }, encodeConfigFile(key, config), { content: 'metadata' }, ctx)
  await backend.flush(ctx)
  return { backend, config, key, keyId: file.name }
}

function newConfig({ version = 2, chunkerPolynomial = randomPolynomial() }: InitOptions): RepositoryConfig {
  if (!isChunkerPolynomial(chunkerPolynomial)) {
    const value = chunkerPolynomial.toString(16)
    const reason = 'it is not irreducible of degree 53'
    throw new AppError('ARGUMENT_INVALID', { name: 'the chunker polynomial', value, reason })
  }
  return { version, id: randomBytes(32).toString('hex'), chunkerPolynomial }
}

async function refuseExisting(backend: Backend, type: FileType, ctx: Context): Promise<void> {
  for await (const file of backend.list(type, ctx)) {
    const found = type === 'config' ? 'config' : `${type} ${file.name.slice(0, 8)}`
    throw new AppError('REPOSITORY_EXISTS', { location: backend.location, found })
  }
}
