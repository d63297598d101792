import type { Role } from '@holdfast/core/access/role'

/** A person who signs in: with a password, or through a provider of identities. */
export interface UserRecord {
  /** in lower case; unique */
  readonly name: string
  readonly role: Role
  /** as `hashPassword` gives it; absent: signs in elsewhere */
  readonly password?: string
  /** who this is at the provider, "<issuer> <subject>", which never changes as names do; unique */
  readonly subject?: string
  readonly createdAt: Date
}

export interface UserChangeOptions {
  /** It is done even to the last admin: somebody else has decided it. */
  readonly isFinal?: boolean
}

/** `last-admin`: nobody could give the role back, so nothing was done. */
export type UserChange = 'done' | 'unknown' | 'last-admin'

export interface UserStore {
  get(name: string): Promise<UserRecord | undefined>
  bySubject(subject: string): Promise<UserRecord | undefined>
  list(): Promise<readonly UserRecord[]>
  /** false: the name, or the subject, is taken */
  add(user: UserRecord): Promise<boolean>
  /** The sessions of the user end with it. */
  change(
    name: string,
    change: Partial<Pick<UserRecord, 'role' | 'password'>>,
    options?: UserChangeOptions,
  ): Promise<UserChange>
  /** With all sessions and tokens. */
  remove(name: string, options?: UserChangeOptions): Promise<UserChange>
}
