import { AppError } from '@holdfast/core/errors/app-error'
import type { TocEntry } from '../archive/toc-entry.ts'

export interface PartRequest {
  /** exact names */
  readonly schemas: readonly string[]
  /** "orders" or "sales.orders", exact names */
  readonly tables: readonly string[]
}

export interface SelectedEntries {
  readonly ids: ReadonlySet<number>
  /** what belongs to the selection but needs something that does not: "FK CONSTRAINT public.orders orders_customer_fkey" */
  readonly leftOut: readonly string[]
}

/** What comes with the object it belongs to. */
const attachments = new Set([
  ...['TABLE DATA', 'INDEX', 'CONSTRAINT', 'CHECK CONSTRAINT', 'FK CONSTRAINT', 'DEFAULT', 'TRIGGER', 'RULE'],
  ...['POLICY', 'ROW SECURITY', 'ACL', 'COMMENT', 'SECURITY LABEL', 'SEQUENCE', 'SEQUENCE OWNED BY', 'SEQUENCE SET'],
  ...['STATISTICS', 'INDEX ATTACH', 'TABLE ATTACH', 'MATERIALIZED VIEW DATA'],
])
/** What ties two objects together: only when both are there. */
const ties = new Set(['FK CONSTRAINT', 'INDEX ATTACH', 'TABLE ATTACH'])
const relations = new Set(['TABLE', 'VIEW', 'MATERIALIZED VIEW', 'FOREIGN TABLE'])

/**
 * The entries that make up schemas and tables: unlike `pg_restore --table`, with indexes, constraints, defaults, triggers,
 * sequences and partitions. For a new database also what they are made of: schemas, types, functions, extensions. Fails with
 * BACKUP_PART_UNKNOWN.
 */
export function selectEntries(
  entries: readonly TocEntry[],
  request: PartRequest,
  { isNewDatabase }: { readonly isNewDatabase: boolean },
): SelectedEntries {
  const byId = new Map(entries.map((entry) => [entry.dumpId, entry]))
  const selected = new Set([
    ...request.tables.flatMap((name) => findTable(entries, name)),
    ...request.schemas.flatMap((name) => findSchema(entries, name)),
  ])
  const tiesLeft = attach(entries, selected)
  const dropped = isNewDatabase ? completeForNewDatabase(entries, byId, selected) : []
  const leftOut = [...tiesLeft.filter(({ dumpId }) => !selected.has(dumpId)), ...dropped]
  return { ids: selected, leftOut: leftOut.map(describeEntry) }
}

function describeEntry({ description, namespace, tag }: TocEntry): string {
  return `${description} ${namespace === '' ? '' : `${namespace}.`}${tag}`
}

function findTable(entries: readonly TocEntry[], name: string): number[] {
  const tables = entries.filter(({ description }) => relations.has(description))
  const found = tables.filter(({ namespace, tag }) => `${namespace}.${tag}` === name || tag === name)
  if (found.length === 1) return found.map(({ dumpId }) => dumpId)
  const part = found.length === 0 ? `table ${JSON.stringify(name)}` : `table ${JSON.stringify(name)} in one schema only`
  throw unknown(part, found.length === 0 ? tables : found)
}

function findSchema(entries: readonly TocEntry[], name: string): number[] {
  const found = entries.filter(
    ({ description, namespace, tag }) =>
      (description === 'SCHEMA' && tag === name) || (namespace === name && !ties.has(description)),
  )
  if (found.length > 0) return found.map(({ dumpId }) => dumpId)
  throw unknown(
    `schema ${JSON.stringify(name)}`,
    entries.filter(({ description }) => description === 'SCHEMA'),
  )
}

function unknown(part: string, known: readonly TocEntry[]): AppError {
  const names = known.map(({ namespace, tag }) => (namespace === '' ? tag : `${namespace}.${tag}`))
  const shown = names.length === 0 ? 'none' : names.slice(0, 30).join(', ') + (names.length > 30 ? ' …' : '')
  return new AppError('BACKUP_PART_UNKNOWN', { part, known: shown })
}

/** Adds what belongs to the selection, until nothing more does. Returns ties of which one end is missing. */
function attach(entries: readonly TocEntry[], selected: Set<number>): TocEntry[] {
  const tables = new Map(
    entries
      .filter(({ description }) => description === 'TABLE')
      .map((entry) => [JSON.stringify([entry.namespace, entry.tag]), entry]),
  )
  const attachable = entries.filter(({ description }) => attachments.has(description))
  for (let before = -1; before !== selected.size;) {
    before = selected.size
    for (const entry of attachable) {
      const { dumpId, dependencies, description, namespace, tag } = entry
      if (selected.has(dumpId) || !dependencies.some((id) => selected.has(id))) continue
      if (description === 'TABLE ATTACH') {
        // A partition comes with its parent, not the parent with one of its partitions.
        const partition = tables.get(JSON.stringify([namespace, tag]))?.dumpId
        const parents = dependencies.filter((id) => id !== partition)
        if (partition !== undefined && parents.some((id) => selected.has(id))) selected.add(partition)
      }
      if (!ties.has(description) || dependencies.every((id) => selected.has(id))) selected.add(dumpId)
    }
  }
  return attachable.filter(
    ({ dumpId, description, dependencies }) =>
      ties.has(description) && !selected.has(dumpId) && dependencies.some((id) => selected.has(id)),
  )
}

/** Adds what the selection is made of; takes away what looks at tables that are not selected, and returns it. */
function completeForNewDatabase(
  entries: readonly TocEntry[],
  byId: ReadonlyMap<number, TocEntry>,
  selected: Set<number>,
): TocEntry[] {
  const schemas = new Map(
    entries.filter(({ description }) => description === 'SCHEMA').map(({ tag, dumpId }) => [tag, dumpId]),
  )
  const dropped: TocEntry[] = []
  const needs = ({ dependencies, namespace }: TocEntry): number[] => {
    const schema = schemas.get(namespace)
    return schema === undefined ? [...dependencies] : [...dependencies, schema]
  }
  for (let hasChanged = true; hasChanged;) {
    hasChanged = false
    for (const id of [...selected]) {
      const entry = byId.get(id)
      const missing = entry === undefined ? [] : needs(entry).filter((one) => byId.has(one) && !selected.has(one))
      if (entry === undefined || missing.length === 0) continue
      hasChanged = true
      // A table needs those it inherits from; anything else that looks at a table outside cannot be made.
      const isCutOff =
        entry.description !== 'TABLE' && missing.some((one) => relations.has(byId.get(one)?.description ?? ''))
      if (isCutOff || dropped.some(({ dumpId }) => missing.includes(dumpId))) {
        selected.delete(id)
        dropped.push(entry)
      } else for (const one of missing) selected.add(one)
    }
  }
  return dropped
}
