import type { Finding } from '../../finding/finding.ts'
import type { FindingStore } from '../catalogue.ts'
import type { CatalogueStore } from '../store/catalogue-store.ts'
import { question, whereAll } from '../store/question.ts'
import { rowGroups } from './row-groups.ts'

/** A finding is kept as JSON; beside it, only what lists are made by. */
export function createFindingStore(store: CatalogueStore): FindingStore {
  return {
    list: async ({ isOpen, since }) => {
      const sinceMs = since?.getTime()
      const where = whereAll([
        isOpen === true ? question`resolved_at is null` : undefined,
        isOpen === false ? question`resolved_at is not null` : undefined,
        sinceMs === undefined ? undefined : question`(last_seen_at >= ${sinceMs} or resolved_at >= ${sinceMs})`,
      ])
      const rows = await store.select<{ finding: string }>(
        question`select finding from holdfast.findings ${where} order by first_seen_at, key`,
      )
      return rows.map(({ finding }) => findingOf(finding))
    },
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
