import type { Context } from '@holdfast/core/context'
import type { Catalogue } from './catalogue.ts'
import { migrate } from './migration/migrate.ts'
import { createAuditStore } from './record/audit-store.ts'
import { createFindingStore } from './record/finding-store.ts'
import { createMarkStore } from './record/mark-store.ts'
import { createProofStore } from './record/proof-store.ts'
import { createRunStore } from './record/run-store.ts'
import { createSampleStore } from './record/sample-store.ts'
import { createSessionStore } from './record/session-store.ts'
import { createSnapshotStore } from './record/snapshot-store.ts'
import { createTokenStore } from './record/token-store.ts'
import { createUserStore } from './record/user-store.ts'
import type { CatalogueStore } from './store/catalogue-store.ts'
import type { PostgresStoreOptions } from './store/open-postgres-store.ts'
import { openSqliteStore } from './store/open-sqlite-store.ts'

/** Where the catalogue is; the configuration's, with secrets resolved. */
export type CataloguePlace =
  | { readonly type: 'sqlite'; readonly path: string }
  | ({ readonly type: 'postgresql' } & PostgresStoreOptions)

/** A catalogue with the store under it, which the queue of runs works on too. */
export interface OpenedCatalogue extends Catalogue {
  readonly store: CatalogueStore
}

/**
 * Opens the catalogue, made or brought up to date when that is needed. Fails with CATALOGUE_UNREACHABLE, …_DENIED,
 * …_CORRUPT, …_NEWER, …_FULL, …_BUSY.
 */
export async function openCatalogue(place: CataloguePlace, ctx: Context): Promise<OpenedCatalogue> {
  const store = await openStore(place, ctx)
  try {
    await migrate(store)
  } catch (error) {
    await store.close()
    throw error
  }
  return {
    location: store.location,
    store,
    runs: createRunStore(store),
    snapshots: createSnapshotStore(store),
    proofs: createProofStore(store),
    findings: createFindingStore(store),
    samples: createSampleStore(store),
    marks: createMarkStore(store),
    users: createUserStore(store),
    sessions: createSessionStore(store),
    tokens: createTokenStore(store),
    audit: createAuditStore(store),
    probe: () => store.probe(),
    clockOffsetMs: async () => ctx.now().getTime() - (await store.read((reader) => store.nowMs(reader))),
    [Symbol.asyncDispose]: () => store.close(),
  }
}

/** The driver of PostgreSQL is loaded only where it is used: commands on SQLite start without it. */
async function openStore(place: CataloguePlace, ctx: Context): Promise<CatalogueStore> {
  if (place.type === 'sqlite') return await openSqliteStore(place.path, ctx)
  return (await import('./store/open-postgres-store.ts')).openPostgresStore(place, ctx)
}
