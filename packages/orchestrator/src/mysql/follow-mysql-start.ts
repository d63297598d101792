import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import type { Repository } from '@holdfast/repository/repository'
import { listMysqlBackups } from './list-mysql-backups.ts'

/**
 * The file that the log of a source begins with that has none yet: the one its newest backup was made in, so that nothing is
 * missing between the two.
 */
export async function followMysqlStart(
  repository: Repository,
  source: string,
  ctx: Context,
): Promise<string | undefined> {
  try {
    return (await listMysqlBackups(repository, source, ctx)).backups.at(-1)?.manifest.position?.file
  } catch (error) {
    if (isAppError(error, 'SOURCE_NOT_IN_REPOSITORY')) return undefined
    throw error
  }
}
