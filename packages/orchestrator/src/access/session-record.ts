export interface SessionRecord {
  /** SHA-256 of what the browser has, in hex */
  readonly secretHash: string
  readonly user: string
  readonly openedAt: Date
  readonly usedAt: Date
}

export interface SessionStore {
  add(session: SessionRecord): Promise<void>
  get(secretHash: string): Promise<SessionRecord | undefined>
  used(secretHash: string, at: Date): Promise<void>
  /** whether there was one */
  remove(secretHash: string): Promise<boolean>
  /** those last used, or opened, before; how many */
  trim(before: { readonly usedAt: Date; readonly openedAt: Date }): Promise<number>
}
