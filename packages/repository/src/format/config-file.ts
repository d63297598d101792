import { AppError } from '@holdfast/core/errors/app-error'
import type { RepositoryConfig } from '../repository.ts'
import { open, seal } from './crypto.ts'
import { JsonFields } from './json-fields.ts'
import type { MasterKey } from './master-key.ts'
import { isChunkerPolynomial } from './polynomial.ts'

/** The bytes of the file `config`: sealed JSON, never compressed. */
export function encodeConfigFile(key: MasterKey, config: RepositoryConfig): Buffer {
  const polynomial = config.chunkerPolynomial.toString(16)
  return seal(
    key,
    Buffer.from(`{"version":${config.version},"id":"${config.id}","chunker_polynomial":"${polynomial}"}`),
  )
}

/**
 * Opens the file `config`. Fields of other programs are ignored.
 * @param location of the repository, for errors
 * @throws AppError REPOSITORY_DAMAGED, REPOSITORY_VERSION_UNSUPPORTED
 */
export function parseConfigFile(key: MasterKey, bytes: Uint8Array, location: string): RepositoryConfig {
  const fields = JsonFields.parse(open(key, bytes, 'config'), 'config')
  const version = fields.integer('version')
  if (version !== 1 && version !== 2) throw new AppError('REPOSITORY_VERSION_UNSUPPORTED', { location, version })
  const hex = fields.text('chunker_polynomial')
  if (!/^[0-9a-f]{1,16}$/i.test(hex)) throw fields.damaged('chunker_polynomial is not a hex number')
  const chunkerPolynomial = BigInt(`0x${hex}`)
  if (!isChunkerPolynomial(chunkerPolynomial)) {
    throw fields.damaged(`chunker_polynomial ${hex} is not irreducible of degree 53`)
  }
  return { version, id: fields.id('id'), chunkerPolynomial }
}
