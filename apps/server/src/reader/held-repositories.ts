import type { RepositorySettings } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import {
  type OpenedRepository,
  openConfiguredRepository,
} from '@holdfast/orchestrator/operation/open-configured-repository'
import type { Machine } from '@holdfast/orchestrator/operation/machine'
import { backedUpSource } from '@holdfast/orchestrator/operation/snapshot-record'
import { loadIndexFiles } from '@holdfast/repository/engine/load-index'
import type { Repository } from '@holdfast/repository/repository'
import { findSnapshot } from '@holdfast/repository/snapshot/find-snapshot'
import { listSnapshotIds } from '@holdfast/repository/snapshot/list-snapshots'
import type { ListedSnapshot } from '@holdfast/repository/snapshot/listed-snapshot'
import type { OpenedTrees } from '@holdfast/repository/tree/open-trees'
import { createTreeSource } from '@holdfast/repository/tree/tree-source'
import { rememberLarge } from './remember-large.ts'

/** A snapshot that can be looked into. */
export interface HeldSnapshot {
  readonly listed: ListedSnapshot
  readonly opened: OpenedTrees
}

export interface WantedSnapshot {
  readonly repository: RepositorySettings
  readonly snapshot: string
  readonly sources?: readonly string[]
}

/** Repositories that stay opened between questions: trying a password takes half a second, loading an index up to many. */
export interface HeldRepositories extends AsyncDisposable {
  /** Fails with REPOSITORY_…, STORAGE_…, SECRET_…; the next call tries again. */
  open(settings: RepositorySettings, ctx: Context): Promise<Repository>
  /** Fails with SNAPSHOT_UNKNOWN too, also for one that may not be seen, and SNAPSHOT_AMBIGUOUS. */
  find(wanted: WantedSnapshot, ctx: Context): Promise<ListedSnapshot>
  /** With the directories of its repository. */
  look(wanted: WantedSnapshot, ctx: Context): Promise<HeldSnapshot>
}

/** Indices are large: those of the repositories that were used last are kept. */
const indicesKept = 2

interface Held {
  /** a change of the configuration makes another */
  readonly key: string
  readonly opening: Promise<OpenedRepository>
  index?: Promise<HeldIndex>
}

interface HeldIndex {
  readonly opened: OpenedTrees
  /** what it was made of */
  readonly files: readonly string[]
  /** all of whose blobs are in it */
  readonly snapshots: ReadonlySet<string>
}

export function createHeldRepositories(machine: Machine): HeldRepositories {
  const held = new Map<string, Held>()

  const hold = async (settings: RepositorySettings, ctx: Context): Promise<Held> => {
    const key = keyOf(settings)
    const known = held.get(settings.name)
    if (known?.key === key) {
      held.delete(settings.name)
      held.set(settings.name, known)
      return known
    }
    // what is still read goes on; the store is closed with the process
    const fresh: Held = { key, opening: openConfiguredRepository(settings, machine, lasting(ctx)) }
    held.set(settings.name, fresh)
    fresh.opening.catch(() => held.get(settings.name) === fresh && held.delete(settings.name))
    return fresh
  }

  const indexOf = async (entry: Held, snapshotId: string, ctx: Context): Promise<HeldIndex> => {
    const { repository } = await entry.opening
    for (;;) {
      const before = entry.index
      const known = await before?.catch(() => undefined)
      if (known?.snapshots.has(snapshotId) === true && (await isWhole(repository, known, ctx))) return known
      // else somebody has begun to read it anew meanwhile: indices are large, and many may ask at once
      if (entry.index === before) return await load(entry, repository, ctx)
    }
  }

  const load = (entry: Held, repository: Repository, ctx: Context): Promise<HeldIndex> => {
    const loading = loadHeld(repository, lasting(ctx))
    entry.index = loading
    loading.catch(() => entry.index === loading && delete entry.index)
    for (const old of [...held.values()].filter(({ index }) => index !== undefined).slice(0, -indicesKept)) {
      if (old !== entry) delete old.index
    }
    return loading
  }

  const find = async ({ repository: settings, snapshot, sources }: WantedSnapshot, ctx: Context) => {
    const { repository } = await (await hold(settings, ctx)).opening
    const { id, snapshot: found } = await findSnapshot(repository, snapshot, {}, ctx)
    const listed = { id, snapshot: found }
    const source = backedUpSource(listed)
    if (sources === undefined || (source !== undefined && sources.includes(source))) return listed
    throw new AppError('SNAPSHOT_UNKNOWN', { snapshot })
  }

  return {
    open: async (settings, ctx) => (await (await hold(settings, ctx)).opening).repository,
    find,
    async look(wanted, ctx) {
      const listed = await find(wanted, ctx)
      const { opened } = await indexOf(await hold(wanted.repository, ctx), listed.id, ctx)
      return { listed, opened }
    },
    async [Symbol.asyncDispose]() {
      for (const { opening } of held.values()) await (await opening.catch(() => undefined))?.[Symbol.asyncDispose]()
    },
  }
}

/** Several may wait for it: it does not end because the first of them goes away. */
function lasting(ctx: Context): Context {
  return { signal: new AbortController().signal, now: () => ctx.now(), emit: () => {} }
}

function keyOf(settings: RepositorySettings): string {
  const { location, password, variables, options, limits } = settings
  return JSON.stringify([location, password, [...variables], [...options], limits])
}

/** Snapshots are listed before the index is read: so it has all of what they need. */
async function loadHeld(repository: Repository, ctx: Context): Promise<HeldIndex> {
  const snapshots = new Set(await listSnapshotIds(repository, ctx))
  const { index, names } = await loadIndexFiles(repository, ctx)
  return {
    opened: { repository, index, trees: rememberLarge(createTreeSource(repository, index)) },
    files: names,
    snapshots,
  }
}

/** A prune replaces index files, and removes what the old ones speak of. */
async function isWhole(repository: Repository, { files }: HeldIndex, ctx: Context): Promise<boolean> {
  const present = new Set<string>()
  try {
    for await (const { name } of repository.backend.list('index', ctx)) present.add(name)
  } catch (error) {
    if (isAppError(error, 'INTERRUPTED')) throw error
    return false
  }
  return files.every((name) => present.has(name))
}
