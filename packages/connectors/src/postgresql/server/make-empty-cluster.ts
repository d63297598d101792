import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { ServerIdentity } from './server-process.ts'

/**
 * Makes a cluster in an empty directory of the identity's own. Only who gets to its socket gets in, as `superuser`, without
 * a password. Databases of other encodings and collations can be made in it. Fails with POSTGRES_START_FAILED.
 */
export async function makeEmptyCluster(
  initdb: string,
  dataDirectory: string,
  { superuser, identity }: { readonly superuser: string; readonly identity: ServerIdentity | undefined },
  ctx: Context,
): Promise<void> {
  const words = ['-D', dataDirectory, '-U', superuser, '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']
  // what the server needs of the environment is nothing, and nothing secret in it shall reach it
  const options = { env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }, cwd: '/', signal: ctx.signal, ...identity }
  try {
    await promisify(execFile)(initdb, words, options)
  } catch (error) {
    ctx.signal.throwIfAborted()
    const printed = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error)
    const details = {
      directory: dataDirectory,
      status: 'initdb failed',
      reason: printed.trim().replaceAll(/\s+/g, ' '),
    }
    throw new AppError('POSTGRES_START_FAILED', details, { cause: error })
  }
}
