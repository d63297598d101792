import type { Selectable } from 'kysely'
import { hashAuditEntry } from '../../access/audit-chain.ts'
import type { AuditDraft, AuditEntry, AuditHead, AuditStore } from '../../access/audit-entry.ts'
import type { CatalogueReader, CatalogueStore } from '../store/catalogue-store.ts'
import type { AuditTable } from '../store/catalogue-tables.ts'

export function createAuditStore(store: CatalogueStore): AuditStore {
  return {
    append: (draft) => append(store, draft),
    list: ({ caller, act, since, before, limit }) =>
      store.read(async (reader) => {
        let query = reader.selectFrom('audit').selectAll()
        if (caller !== undefined) query = query.where('caller', '=', caller)
        if (act !== undefined) query = query.where('act', '=', act)
        if (since !== undefined) query = query.where('at', '>=', since.getTime())
        if (before !== undefined) query = query.where('sequence', '<', before)
        return (await query.orderBy('sequence', 'desc').limit(limit).execute()).map(entryOf)
      }),
    after: (sequence, limit) =>
      store.read(async (reader) => {
        const query = reader.selectFrom('audit').selectAll().where('sequence', '>', sequence)
        return (await query.orderBy('sequence').limit(limit).execute()).map(entryOf)
      }),
    head: () => store.read(readHead),
  }
}

async function append(store: CatalogueStore, draft: AuditDraft): Promise<AuditEntry> {
  return await store.write(async (writer) => {
    // first of all: who appends at the same time waits here until this transaction has ended, and then reads anew
    const { sequence, hash: previous } = await writer
      .updateTable('audit_head')
      .set(({ eb }) => ({ sequence: eb('sequence', '+', 1) }))
      .returning(['sequence', 'hash'])
      .executeTakeFirstOrThrow()
    const at = new Date(await store.nowMs(writer))
    const unsealed = { detail: {}, ...draft, ...storable(draft), sequence, at }
    const entry = { ...unsealed, hash: hashAuditEntry(unsealed, previous) }
    await writer.insertInto('audit').values(rowOf(entry)).execute()
    await writer.updateTable('audit_head').set({ hash: entry.hash }).execute()
    return entry
  })
}

/** What comes back as it went in: no database keeps half a character, and PostgreSQL no zero. */
function storable({ caller, act, subject, outcome }: AuditDraft) {
  const clean = (text: string): string => text.toWellFormed().replaceAll('\0', '\uFFFD')
  return { caller: clean(caller), act: clean(act), subject: clean(subject), outcome: clean(outcome) }
}

async function readHead(reader: CatalogueReader): Promise<AuditHead> {
  const head = await reader.selectFrom('audit_head').selectAll().executeTakeFirst()
  return head ?? { sequence: 0, hash: '' }
}

function rowOf(entry: AuditEntry): AuditTable {
  const { sequence, at, callerKind, caller, act, subject, outcome, detail, hash } = entry
  const written = { sequence, at: at.getTime(), caller_kind: callerKind, caller, act, subject, outcome, hash }
  return { ...written, detail: JSON.stringify(detail) }
}

/** Whatever somebody may have made of the row: it is for the hash to say that it was not written like this. */
function entryOf(row: Selectable<AuditTable>): AuditEntry {
  return {
    sequence: row.sequence,
    at: new Date(row.at),
    // boundary: written by rowOf
    callerKind: row.caller_kind as AuditEntry['callerKind'],
    caller: row.caller,
    act: row.act,
    subject: row.subject,
    outcome: row.outcome,
    detail: detailOf(row.detail),
    hash: row.hash,
  }
}

function detailOf(text: string): AuditEntry['detail'] {
  try {
    const detail: unknown = JSON.parse(text)
    // boundary: written by rowOf
    if (typeof detail === 'object' && detail !== null) return detail as AuditEntry['detail']
  } catch {
    // falls through: shown as what it is
  }
  return { unreadable: text }
}
