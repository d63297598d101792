import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import type { Machine } from '@holdfast/orchestrator/operation/machine'
import type { Intake } from '@holdfast/repository/intake/open-intake'
import type { Repository } from '@holdfast/repository/repository'

/** A repository that the gateway has open. */
export interface ServedRepository {
  readonly name: string
  readonly repository: Repository
  /** Threads are started when something is to be inspected for the first time. */
  intake(): Intake
  /** A name for a file that is being received, in a directory that is there. */
  spoolPath(): Promise<string>
}

export interface GatewayRepositories extends AsyncDisposable {
  /** For the length of a request. Fails with REPOSITORY_…, STORAGE_…, SECRET_…; the next request tries again. */
  use<Result>(name: string, work: (served: ServedRepository) => Promise<Result>): Promise<Result>
}

interface Opened {
  readonly served: ServedRepository
  readonly stack: AsyncDisposableStack
}

interface Holding {
  /** what it was opened with */
  readonly settings: unknown
  readonly opening: Promise<Opened>
  users: number
  isReplaced: boolean
  idle?: NodeJS.Timeout
}

const intakeThreads = 2
/** Threads and connections are memory, and agents come some times a day. */
const closedAfterMs = 120_000

/**
 * Repositories stay open between requests, and are closed when none came for a while. When their settings change they are
 * opened anew, after the last use.
 */
export function createGatewayRepositories(
  config: () => EffectiveConfig,
  machine: Machine,
  ctx: Context,
): GatewayRepositories {
  const holdings = new Map<string, Holding>()
  /** Never rejects: nobody waits for it, and a disk that has gone must not take the server with it. */
  const close = async ({ opening }: Holding): Promise<void> => {
    const opened = await opening.catch(() => undefined)
    try {
      await opened?.stack.disposeAsync()
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      const message = `repository ${opened?.served.name} was not left in order: ${reason}`
      ctx.emit({ type: 'message.noted', level: 'warning', message })
    }
  }
  const take = (name: string): Holding => {
    const settings = config().repositories.get(name)
    if (settings === undefined) throw new Error(`no repository ${name} in the configuration`)
    const known = holdings.get(name)
    if (known !== undefined && known.settings === settings) return known
    const holding: Holding = {
      settings,
      // of the server, not of the request that came first
      opening: openServed(name, config(), machine, ctx),
      users: 0,
      isReplaced: false,
    }
    holding.opening.catch(() => {
      if (holdings.get(name) === holding) holdings.delete(name)
    })
    holdings.set(name, holding)
    if (known !== undefined) {
      known.isReplaced = true
      clearTimeout(known.idle)
      if (known.users === 0) void close(known)
    }
    return holding
  }
  const leave = (name: string, holding: Holding): void => {
    if (holding.isReplaced) return void close(holding)
    const closeIdle = (): void => {
      if (holdings.get(name) === holding) holdings.delete(name)
      void close(holding)
    }
    holding.idle = setTimeout(closeIdle, closedAfterMs).unref()
  }
  return {
    async use(name, work) {
      const holding = take(name)
      holding.users += 1
      clearTimeout(holding.idle)
      try {
        return await work((await holding.opening).served)
      } finally {
        holding.users -= 1
        if (holding.users === 0) leave(name, holding)
      }
    },
    async [Symbol.asyncDispose]() {
      for (const holding of holdings.values()) {
        clearTimeout(holding.idle)
        await close(holding)
      }
      holdings.clear()
    },
  }
}

async function openServed(name: string, config: EffectiveConfig, machine: Machine, ctx: Context): Promise<Opened> {
  const settings = config.repositories.get(name)
  if (settings === undefined) throw new Error(`no repository ${name} in the configuration`)
  // a server without agents has no use for what opens repositories
  const [{ openConfiguredRepository }, { openSpool }, { openIntake }] = await Promise.all([
    import('@holdfast/orchestrator/operation/open-configured-repository'),
    import('@holdfast/repository/engine/spool'),
    import('@holdfast/repository/intake/open-intake'),
  ])
  await using stack = new AsyncDisposableStack()
  const { repository } = stack.use(await openConfiguredRepository(settings, machine, ctx))
  const spool = stack.use(await openSpool(repository.backend))
  const open = stack.move()
  let intake: Intake | undefined
  const served: ServedRepository = {
    name,
    repository,
    intake: () => (intake ??= open.use(openIntake(repository, intakeThreads, ctx))),
    async spoolPath() {
      // with its parent, never with the root: that would hide a disk that is not mounted
      for (const directory of [dirname(spool.directory), spool.directory]) {
        await mkdir(directory, { mode: 0o700 }).catch((error: unknown) => {
          if (!isExisting(error)) throw error
        })
      }
      return join(spool.directory, randomBytes(8).toString('hex'))
    },
  }
  return { served, stack: open }
}

function isExisting(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST'
}
