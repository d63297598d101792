import { AppError } from '@holdfast/core/errors/app-error'
import { firstGiven } from '../argument/first-given.ts'
import type { BackupValues } from './backup-option.ts'

/** Options that choose among files, which a server's backup does not leave to anybody. */
const fileOptions = [
  ...(['exclude', 'iexclude', 'excludeFile', 'iexcludeFile', 'excludeCaches', 'excludeIfPresent'] as const),
  ...(['excludeLargerThan', 'oneFileSystem', 'filesFrom', 'filesFromVerbatim', 'filesFromRaw'] as const),
  ...(['stdin', 'stdinFromCommand', 'parent', 'force', 'dryRun', 'skipIfUnchanged', 'time'] as const),
]

/**
 * The one argument of a server's backup. `kind` is for people: "a PostgreSQL connection". Fails with OPTIONS_CONFLICT when
 * there is more, or options for files.
 */
export function onlyConnection(
  [connection = '', other]: readonly string[],
  options: BackupValues,
  kind: string,
): string {
  const foreign = other ?? firstGiven(options, fileOptions)
  if (foreign === undefined) return connection
  throw new AppError('OPTIONS_CONFLICT', { first: kind, second: foreign })
}
