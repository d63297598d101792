import { AppError } from '@holdfast/core/errors/app-error'
import type { Snapshot } from '../format/snapshot.ts'

/** Whose log it is. One source has at most one log of each kind in a repository. */
export interface LogPlace {
  /** name of the source: "shop" */
  readonly source: string
  /** what the source is: "postgresql" */
  readonly type: string
  /** what the log is: "wal" */
  readonly kind: string
}

/** Name of the file that holds, in each folder of a log, what is known of the folder's files. */
export const factsFileName = 'segments.json'

/** What the beginning of a file is called that has not ended yet, or never will. */
export function partialName(name: string): string {
  return `${name}.partial`
}

/** Path of the log in its snapshot, from the root: ["postgresql", "shop", "wal"]. */
export function logPath({ type, source, kind }: LogPlace): readonly [string, string, string] {
  return [checkedName('type', type), checkedName('source', source), checkedName('kind', kind)]
}

/** The `paths` entry of the log's snapshot. Its own, so that no backup is compared with it and no policy groups them. */
export function logSnapshotPath(place: LogPlace): string {
  return `/${logPath(place).join('/')}`
}

export function logTags({ source, type, kind }: LogPlace): readonly string[] {
  return ['holdfast', `source=${source}`, `type=${type}`, `log=${kind}`]
}

export function isLogSnapshot(snapshot: Snapshot, place: LogPlace): boolean {
  return logTags(place).every((tag) => snapshot.tags.includes(tag)) && snapshot.paths.includes(logSnapshotPath(place))
}

/** Names of folders and files in a log come from connectors; none may leave its directory. */
export function isLogFileName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,126}$/.test(name)
}

/** Source names become parts of paths and tags. */
function checkedName(name: string, value: string): string {
  if (/^[\p{L}\p{N}][\p{L}\p{N}._-]{0,62}$/u.test(value)) return value
  const reason = 'up to 63 letters, digits, dots, dashes and underscores, the first a letter or digit'
  throw new AppError('ARGUMENT_INVALID', { name, value: JSON.stringify(value), reason })
}
