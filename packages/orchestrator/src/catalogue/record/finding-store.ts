import type { Finding } from '../../finding/finding.ts'
import type { FindingStore } from '../catalogue.ts'
import type { CatalogueStore } from '../store/catalogue-store.ts'
import { rowGroups } from './row-groups.ts'

/** A finding is kept as JSON; beside it, only what lists are made by. */
export function createFindingStore(store: CatalogueStore): FindingStore {
  return {
    list: ({ isOpen, since }) =>
      store.read(async (reader) => {
        let query = reader.selectFrom('findings').select('finding')
        if (isOpen === true) query = query.where('resolved_at', 'is', null)
        if (isOpen === false) query = query.where('resolved_at', 'is not', null)
        if (since !== undefined) {
          query = query.where(({ eb, or }) =>
            or([eb('last_seen_at', '>=', since.getTime()), eb('resolved_at', '>=', since.getTime())]),
          )
        }
        const rows = await query.orderBy('first_seen_at').orderBy('key').execute()
        return rows.map(({ finding }) => findingOf(finding))
      }),
    put: (findings) =>
      store.write(async (writer) => {
        const rows = new Map(findings.map((finding) => [`${finding.key}\n${finding.firstSeenAt.getTime()}`, finding]))
        for (const group of rowGroups([...rows.values()].map(rowOf))) {
          await writer
            .insertInto('findings')
            .values(group)
            .onConflict((conflict) =>
              conflict.columns(['key', 'first_seen_at']).doUpdateSet(({ ref }) => ({
                last_seen_at: ref('excluded.last_seen_at'),
                resolved_at: ref('excluded.resolved_at'),
                finding: ref('excluded.finding'),
              })),
            )
            .execute()
        }
      }),
  }
}

function rowOf(finding: Finding) {
  return {
    key: finding.key,
    first_seen_at: finding.firstSeenAt.getTime(),
    last_seen_at: finding.lastSeenAt.getTime(),
    resolved_at: finding.resolvedAt?.getTime() ?? null,
    finding: JSON.stringify(finding),
  }
}

/** Boundary: the text was made of a Finding; only its instants have become text. */
function findingOf(text: string): Finding {
  const { firstSeenAt, lastSeenAt, resolvedAt, acknowledged, ...rest } = JSON.parse(text) as Finding
  return {
    ...rest,
    firstSeenAt: new Date(firstSeenAt),
    lastSeenAt: new Date(lastSeenAt),
    ...(resolvedAt !== undefined && { resolvedAt: new Date(resolvedAt) }),
    ...(acknowledged !== undefined && { acknowledged: { ...acknowledged, at: new Date(acknowledged.at) } }),
  }
}
