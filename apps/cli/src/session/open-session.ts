import { homedir } from 'node:os'
import { join } from 'node:path'
import { AppError } from '@holdfast/core/errors/app-error'
import { openRepository } from '@holdfast/repository/open/open-repository'
import type { Repository } from '@holdfast/repository/repository'
import type { Backend } from '@holdfast/storage/backend'
import { parseLocation } from '@holdfast/storage/location'
import { openBackend } from '@holdfast/storage/open-backend'
import type { Invocation } from '../command/command.ts'
import { findLocation } from './find-location.ts'
import { findPassword } from './find-password.ts'
import { currentIdentity } from './identity.ts'
import type { RepositoryOptions, RepositoryRole } from './repository-role.ts'
import { storageOptionsOf } from './storage-settings.ts'

/** What a session needs of an invocation. */
export type SessionRequest = Pick<Invocation, 'global' | 'variables' | 'ctx' | 'ask' | 'abandon'>

/** A repository that is open, and locked if that was asked for. */
export interface Session extends AsyncDisposable {
  readonly repository: Repository
}

/**
 * none: for what a change by others cannot disturb. read: nobody may remove what is being read; --no-lock does without.
 * append: the same, but the lock is needed. exclusive: nobody else may use the repository.
 */
export type LockMode = 'none' | 'read' | 'append' | 'exclusive'

export interface SessionChoice {
  readonly lock: LockMode
  /** which repository, the one of the global options unless given */
  readonly options?: RepositoryOptions
  readonly role?: RepositoryRole
  /** nothing will be changed, so that --no-lock is acceptable whatever the mode */
  readonly changesNothing?: boolean
}

/** Opens a repository and locks it. A lock that is lost later ends the command. */
export async function openSession(request: SessionRequest, choice: SessionChoice): Promise<Session> {
  const { variables, ask, ctx, global } = request
  const { role = 'main', options = global } = choice
  await using stack = new AsyncDisposableStack()
  const backend = stack.use(await openStore(request, options, role))
  const password = await findPassword({ options, role, location: backend.location, variables, ask }, ctx)
  const opened = await openRepository(backend, password, openOptions(options), ctx)
  const cached = await cacheRepository(opened, request)
  const repository = await lockRepository(cached, choice, request, stack)
  const open = stack.move()
  return { repository, [Symbol.asyncDispose]: () => open.disposeAsync() }
}

/** The store of a repository, which need not exist yet. */
export async function openStore(
  { global, variables, ctx }: SessionRequest,
  options: Pick<RepositoryOptions, 'repo' | 'repositoryFile'> = global,
  role: RepositoryRole = 'main',
): Promise<Backend> {
  const location = parseLocation(await findLocation(options, role, variables))
  return openBackend(location, storageOptionsOf(location.kind, global, variables), ctx)
}

async function lockRepository(
  repository: Repository,
  { lock, changesNothing }: SessionChoice,
  { ctx, global, abandon }: SessionRequest,
  stack: AsyncDisposableStack,
): Promise<Repository> {
  if (lock === 'none') return repository
  if (global.noLock) {
    if (lock === 'read' || changesNothing === true) return repository
    throw new AppError('OPTIONS_CONFLICT', { first: '--no-lock', second: 'a command that changes the repository' })
  }
  const { acquireLock } = await import('@holdfast/repository/lock/acquire-lock')
  const held = stack.use(
    await acquireLock(
      repository,
      {
        exclusive: lock === 'exclusive',
        retryForMs: global.retryLock ?? 0,
        identity: { ...currentIdentity(), pid: process.pid },
      },
      ctx,
    ),
  )
  held.signal.addEventListener('abort', () => abandon(held.signal.reason), { once: true })
  return held.repository
}

/** A repository on a local disk is as quick as its cache would be. */
async function cacheRepository(
  repository: Repository,
  { global, variables }: Pick<SessionRequest, 'global' | 'variables'>,
): Promise<Repository> {
  const { backend, config } = repository
  if (global.noCache || !isRemote(backend)) return repository
  const { withCache } = await import('@holdfast/storage/decorate/with-cache')
  const cacheDirectory = global.cacheDir ?? join(variables('XDG_CACHE_HOME') || join(homedir(), '.cache'), 'holdfast')
  return { ...repository, backend: withCache(backend, { cacheDirectory, repositoryId: config.id }) }
}

function isRemote({ location }: Backend): boolean {
  return location.startsWith('s3:') || location.startsWith('rest:')
}

function openOptions({ keyHint }: RepositoryOptions): { keyHint?: string } {
  return keyHint === undefined ? {} : { keyHint }
}
