import type { Context } from '@holdfast/core/context'
import { openRepository } from '@holdfast/repository/open/open-repository'
import type { Repository } from '@holdfast/repository/repository'
import type { Backend } from '@holdfast/storage/backend'
import { openBackend, parseLocation } from '@holdfast/storage/open-backend'
import type { Invocation } from '../command/command.ts'
import { findLocation } from './find-location.ts'
import { findPassword } from './find-password.ts'
import type { RepositoryOptions, RepositoryRole } from './repository-role.ts'
import { readStorageSettings } from './storage-settings.ts'

/** What a session needs of an invocation. */
export type SessionRequest = Pick<Invocation, 'global' | 'variables' | 'ctx' | 'ask' | 'output'>

/** A repository that is open, and locked if that was asked for. */
export interface Session extends AsyncDisposable {
  readonly repository: Repository
  /** ends when the command is stopped or the lock is lost; to be used for all work on the repository */
  readonly ctx: Context
}

/**
 * none: for removing or looking at locks. shared: others may read and add. exclusive: nobody else may use the repository.
 */
export type LockMode = 'none' | 'shared' | 'exclusive'

/** Opens the repository that the options of a role name. */
export async function openSession(
  request: SessionRequest,
  lockMode: LockMode,
  options: RepositoryOptions = request.global,
  role: RepositoryRole = 'main',
): Promise<Session> {
  const { variables, ask, ctx } = request
  await using stack = new AsyncDisposableStack()
  const backend = stack.use(await openStore(request, options, role))
  const password = await findPassword({ options, role, location: backend.location, variables, ask }, ctx)
  const repository = await openRepository(backend, password, keyHint(options), ctx)
  const lockedCtx = await lock(repository, lockMode, request, stack)
  const open = stack.move()
  return { repository, ctx: lockedCtx, [Symbol.asyncDispose]: () => open.disposeAsync() }
}

/** The store of a repository, which need not exist yet. */
export async function openStore(
  { global, variables, ctx }: SessionRequest,
  options: Pick<RepositoryOptions, 'repo' | 'repositoryFile'> = global,
  role: RepositoryRole = 'main',
): Promise<Backend> {
  const location = parseLocation(await findLocation(options, role, variables))
  return openBackend(location, readStorageSettings(location.kind, global, variables), ctx)
}

async function lock(
  _repository: Repository,
  _mode: LockMode,
  { ctx }: SessionRequest,
  _stack: AsyncDisposableStack,
): Promise<Context> {
  return ctx
}

function keyHint({ keyHint }: RepositoryOptions): { keyHint?: string } {
  return keyHint === undefined ? {} : { keyHint }
}
