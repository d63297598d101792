import type { Backend } from '@holdfast/storage/backend'
import type { MasterKey } from './format/master-key.ts'

/** The repository's own settings, from its `config` file. */
export interface RepositoryConfig {
  readonly version: 1 | 2
  /** 64 hex digits */
  readonly id: string
  /** irreducible polynomial of degree 53 over GF(2) that the chunker cuts with */
  readonly chunkerPolynomial: bigint
}

/** An opened repository: where it lies, and the keys to read and write it. Every verb takes one as its first parameter. */
export interface Repository {
  readonly backend: Backend
  readonly config: RepositoryConfig
  readonly key: MasterKey
  /** name of the key file that the password opened */
  readonly keyId: string
}
