import { type Caller, maySee } from '@holdfast/api/caller'
import type { RepositorySettings, SourceSettings } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import { requireKnown } from '@holdfast/orchestrator/config/require-known'
import type { ReaderAnswers, ReaderQuestion } from '../reader/reader-question.ts'
import type { ReadingSurroundings } from './reading-surroundings.ts'
import { configSeenBy } from './seen-by.ts'

type Surroundings = Pick<ReadingSurroundings, 'config' | 'catalogue' | 'reader'>

/** What of a source is wanted from where, as it was asked for. */
interface Wanted {
  readonly source: string
  readonly repository?: string | undefined
  /** id or its beginning */
  readonly snapshot?: string | undefined
}

interface Place {
  readonly source: SourceSettings
  readonly repository: RepositorySettings
}

/** Asks the reader about a source that the caller sees. Fails with SOURCE_UNKNOWN, and as the answer does. */
export async function askOfSource<Question extends ReaderQuestion>(
  wanted: Wanted,
  question: (place: Place) => Question,
  caller: Caller,
  { config, catalogue, reader }: Surroundings,
  ctx: Context,
): Promise<Place & { readonly answer: ReaderAnswers[Question['type']] }> {
  const seen = configSeenBy(caller, config())
  const source = requireKnown('source', wanted.source, seen.sources)
  const name = await chooseRepository(wanted, source, catalogue)
  const place = { source, repository: requireKnown('repository', name, seen.repositories) }
  try {
    return { ...place, answer: await reader.ask(question(place), ctx) }
  } catch (error) {
    throw isAppError(error, 'SOURCE_NOT_IN_REPOSITORY') ? withoutOthers(error, caller) : error
  }
}

/** The one that is named, or holds the snapshot that is; else the first that holds anything. */
async function chooseRepository(
  { repository, snapshot }: Wanted,
  { name, repositories }: SourceSettings,
  catalogue: Surroundings['catalogue'],
): Promise<string> {
  if (repository !== undefined) return repository
  const [first = ''] = repositories
  const records = await catalogue.snapshots.list({ source: name })
  const holds = (each: string): boolean =>
    records.some((record) => record.repository === each && record.snapshotId.startsWith(snapshot ?? ''))
  return repositories.find(holds) ?? first
}

/** Its hint names all sources of a repository: to a caller only those that it sees. */
function withoutOthers({ details }: AppError<'SOURCE_NOT_IN_REPOSITORY'>, caller: Caller): AppError {
  const { source = '', location = '', known = '' } = details
  const seen = String(known)
    .split(', ')
    .filter((name) => maySee(caller, name))
  return new AppError('SOURCE_NOT_IN_REPOSITORY', { source, location, known: seen.join(', ') || 'none' })
}
