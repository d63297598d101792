import type { SecretReference } from '@holdfast/core/config/secret-reference'
import type { Context } from '@holdfast/core/context'
import type { LockIdentity } from '@holdfast/repository/lock/lock-identity'

/** What operations need of the process and the machine they run on; only apps look such things up. */
export interface Machine {
  /** an environment variable */
  variable(name: string): string | undefined
  resolveSecret(reference: SecretReference, ctx: Context): Promise<string>
  /** a number from 0 to below 1 */
  random(): number
  readonly identity: Required<LockIdentity>
  readonly homeDirectory: string
  /** with room for what a proof restores */
  readonly temporaryDirectory: string
  /** of remote repositories; undefined: no cache */
  readonly cacheDirectory: string | undefined
  /** of this program: "0.1.0" */
  readonly version: string
  /** threads for long work */
  readonly workers: number
}
