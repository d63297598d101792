import type { Role } from '@holdfast/core/access/role'

export interface TokenRecord {
  /** unique, and what the audit log calls its bearer */
  readonly name: string
  /** SHA-256 of the token, in hex */
  readonly secretHash: string
  /** The user whose token this is: it can do no more than that user, and goes with that user. Absent: nobody's. */
  readonly owner?: string
  readonly role: Role
  /** only these; absent: all */
  readonly sources?: readonly string[]
  readonly createdAt: Date
  readonly expiresAt?: Date
  /** to the minute */
  readonly usedAt?: Date
}

export interface TokenStore {
  /** of one user, or all; by name */
  list(owner?: string): Promise<readonly TokenRecord[]>
  get(name: string): Promise<TokenRecord | undefined>
  byHash(secretHash: string): Promise<TokenRecord | undefined>
  /** false: the name is taken */
  add(token: TokenRecord): Promise<boolean>
  used(name: string, at: Date): Promise<void>
  /** whether there was one */
  remove(name: string): Promise<boolean>
}
