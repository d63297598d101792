import { type Context, withSignal } from '@holdfast/core/context'
import type { Repository } from '@holdfast/repository/repository'
import type { OperationSurroundings } from './operation-report.ts'
import { type LockChoice, lockRepository } from './lock-repository.ts'

export interface LockedRepositories {
  /** by name, in the order they were asked for */
  readonly opened: ReadonlyMap<string, Repository>
  /** those that could not be opened or locked, and why */
  readonly failed: ReadonlyMap<string, unknown>
}

/**
 * Does something with repositories of the configuration, which are locked meanwhile. One that cannot be opened or locked
 * does not keep the others from being used; when none can, the first failure is thrown. A lock that is lost stops the
 * work, which then fails with REPOSITORY_LOCK_LOST.
 */
export async function withRepositories<Result>(
  names: readonly string[],
  choice: LockChoice,
  { repositories, machine }: Pick<OperationSurroundings, 'repositories' | 'machine'>,
  work: (locked: LockedRepositories, ctx: Context) => Promise<Result>,
  ctx: Context,
): Promise<Result> {
  await using stack = new AsyncDisposableStack()
  const opened = new Map<string, Repository>()
  const failed = new Map<string, unknown>()
  const signals: AbortSignal[] = []
  for (const name of names) {
    try {
      const lock = stack.use(await lockRepository(await repositories.open(name, ctx), choice, machine, ctx))
      opened.set(name, lock.repository)
      signals.push(lock.signal)
    } catch (error) {
      ctx.signal.throwIfAborted()
      failed.set(name, error)
    }
  }
  if (opened.size === 0) throw [...failed.values()][0]
  const own = withSignal(ctx, AbortSignal.any([ctx.signal, ...signals]))
  try {
    return await work({ opened, failed }, own)
  } catch (error) {
    const lost = signals.find(({ aborted }) => aborted)
    throw lost === undefined || ctx.signal.aborted ? error : lost.reason
  }
}

/** The same with one repository. */
export async function withRepository<Result>(
  name: string,
  choice: LockChoice,
  surroundings: Pick<OperationSurroundings, 'repositories' | 'machine'>,
  work: (repository: Repository, ctx: Context) => Promise<Result>,
  ctx: Context,
): Promise<Result> {
  const withOne = async ({ opened }: LockedRepositories, own: Context): Promise<Result> => {
    const repository = opened.get(name)
    if (repository === undefined) throw new Error(`repository ${name} was not opened`)
    return await work(repository, own)
  }
  return await withRepositories([name], choice, surroundings, withOne, ctx)
}
