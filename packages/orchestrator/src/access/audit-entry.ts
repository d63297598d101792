/** What somebody did, or tried to do. */
export interface AuditDraft {
  readonly callerKind: 'local' | 'user' | 'token' | 'agent' | 'nobody' | 'command'
  readonly caller: string
  /** "run.start", "user.add" */
  readonly act: string
  /** "source/shop", "user/alice"; '' where there is none */
  readonly subject: string
  /** "done", or the code of the error that it was answered with */
  readonly outcome: string
  /** what else is worth knowing; never a secret */
  readonly detail?: Readonly<Record<string, string | number | boolean>>
}

/**
 * One link of the chain: `hash` is the SHA-256 over everything else of the row and the hash of the row before, so that
 * no row can be changed, removed or put in between without those after it telling.
 */
export interface AuditEntry extends Required<AuditDraft> {
  /** from 1, without holes */
  readonly sequence: number
  readonly at: Date
  readonly hash: string
}

/** The end of the chain; 0 and '' when there is nothing yet. Kept elsewhere, it shows that the end was cut off. */
export interface AuditHead {
  readonly sequence: number
  readonly hash: string
}

export interface AuditFilter {
  readonly caller?: string
  readonly act?: string
  readonly since?: Date
  /** only rows before this one, for the next page */
  readonly before?: number
  readonly limit: number
}

export interface AuditStore {
  /** Adds a link; of several servers that do so at once each waits for the other. The time is the store's. */
  append(draft: AuditDraft): Promise<AuditEntry>
  /** newest first */
  list(filter: AuditFilter): Promise<readonly AuditEntry[]>
  /** oldest first, those after this one, at most so many: for whoever looks at all of them */
  after(sequence: number, limit: number): Promise<readonly AuditEntry[]>
  head(): Promise<AuditHead>
}
