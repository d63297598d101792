import { createHash } from 'node:crypto'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { AppError } from '@holdfast/core/errors/app-error'
import { single } from '../argument/option.ts'
import type { Invocation } from '../command/command.ts'
import { findLocation } from '../session/find-location.ts'
import { readSourceName } from '../backup/source-name.ts'

/** Options of commands that the database server itself starts. */
export const archiveOptions = {
  source: single(
    { placeholder: '<name>', help: 'Name of the source in the repository.', variable: 'SOURCE' },
    readSourceName,
  ),
  spool: single({
    placeholder: '<directory>',
    help: 'What one call leaves for the next; must be private to the user of the server.',
    fallback: 'in the cache directory',
    variable: 'WAL_SPOOL',
    completes: 'directory',
  }),
}

type SpoolRequest = Pick<Invocation, 'global' | 'variables'> & {
  readonly options: { readonly spool: string | undefined }
}

/** The spool of one source in one repository. */
export async function spoolDirectoryOf(
  { global, variables, options }: SpoolRequest,
  source: string,
  also: readonly string[],
): Promise<string> {
  const cache = global.cacheDir ?? join(variables('XDG_CACHE_HOME') || join(homedir(), '.cache'), 'holdfast')
  const locations = [await findLocation(global, 'main', variables), ...also]
  const own = createHash('sha256')
    .update([source, ...locations].join('\0'))
    .digest('hex')
    .slice(0, 16)
  return join(options.spool ?? join(cache, 'wal'), `${source}-${own}`)
}

/** @throws AppError ARGUMENT_MISSING */
export function requireSource(source: string | undefined, command: string): string {
  if (source !== undefined) return source
  throw new AppError('ARGUMENT_MISSING', { command, argument: '--source <name>' })
}
