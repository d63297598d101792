import { createHash } from 'node:crypto'
import type { AuditEntry, AuditHead, AuditStore } from './audit-entry.ts'

/** SHA-256, in hex, over a row without its hash, and the hash of the row before ('' for the first). */
export function hashAuditEntry(entry: Omit<AuditEntry, 'hash'>, previousHash: string): string {
  const { sequence, at, callerKind, caller, act, subject, outcome, detail } = entry
  const sorted = Object.entries(detail).toSorted(([one], [other]) => (one < other ? -1 : 1))
  // a list, whose JSON has one form, unlike that of an object
  const row = [sequence, at.getTime(), callerKind, caller, act, subject, outcome, sorted, previousHash]
  return createHash('sha256').update(JSON.stringify(row)).digest('hex')
}

export interface AuditVerdict {
  /** rows that follow from one another, from the first */
  readonly checked: number
  readonly head: AuditHead
  /** the first place where the chain does not hold */
  readonly broken?: { readonly sequence: number; readonly reason: string }
}

const pageRows = 1_000

/**
 * Follows the chain from its beginning. `known` is a head that was kept elsewhere: that its row is still there, the same,
 * shows that nothing up to it was written anew.
 */
export async function verifyAudit(store: AuditStore, known?: AuditHead): Promise<AuditVerdict> {
  // before the rows: those that are added meanwhile are no break
  const head = await store.head()
  let last: AuditHead = { sequence: 0, hash: '' }
  const broken = (sequence: number, reason: string): AuditVerdict => ({
    checked: last.sequence,
    head,
    broken: { sequence, reason },
  })
  for (;;) {
    const rows = await store.after(last.sequence, pageRows)
    for (const row of rows) {
      const due = last.sequence + 1
      if (row.sequence !== due) return broken(due, 'is missing')
      if (row.hash !== hashAuditEntry(row, last.hash)) return broken(due, 'is not what was written, or not its place')
      if (row.sequence === known?.sequence && row.hash !== known.hash) {
        return broken(due, 'has another hash than the one that was kept')
      }
      if (row.sequence === head.sequence && row.hash !== head.hash) return broken(due, 'is not the end that was noted')
      last = { sequence: row.sequence, hash: row.hash }
    }
    if (rows.length < pageRows) break
  }
  const due = Math.max(head.sequence, known?.sequence ?? 0)
  if (last.sequence < due) return broken(last.sequence + 1, 'is missing, with all after it')
  return { checked: last.sequence, head: last }
}
