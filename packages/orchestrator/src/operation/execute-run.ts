import type { RepositorySettings, SourceSettings } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Run } from '../run/run.ts'
import type { OperationReport, OperationSurroundings } from './operation-report.ts'

/**
 * Does what a run asks for and notes in the catalogue what lies where now. Throws when it could not be done; what is
 * queued of a source that is no longer in the configuration fails with SOURCE_UNKNOWN. Each operation is loaded only when
 * it is wanted.
 */
export async function executeRun(
  run: Run,
  surroundings: OperationSurroundings,
  ctx: Context,
): Promise<OperationReport> {
  switch (run.operation) {
    case 'backup':
      return await (await import('./back-up.ts')).backUp(run, sourceOf(run, surroundings), surroundings, ctx)
    case 'copy':
      return await (await import('./copy-source.ts')).copySource(run, sourceOf(run, surroundings), surroundings, ctx)
    case 'forget': {
      const { forgetSource } = await import('./forget-source.ts')
      return await forgetSource(run, sourceOf(run, surroundings), surroundings, ctx)
    }
    case 'verify': {
      const { verifySource } = await import('./verify-source.ts')
      return await verifySource(run, sourceOf(run, surroundings), surroundings, ctx)
    }
    case 'restore': {
      const { restoreSource } = await import('./restore-source.ts')
      return await restoreSource(run, sourceOf(run, surroundings), surroundings, ctx)
    }
    case 'prune': {
      const { pruneRepository } = await import('./prune-repository.ts')
      return await pruneRepository(run, repositoryOf(run, surroundings), surroundings, ctx)
    }
    case 'check': {
      const { checkConfiguredRepository } = await import('./check-repository.ts')
      return await checkConfiguredRepository(run, repositoryOf(run, surroundings), surroundings, ctx)
    }
  }
}

function sourceOf({ source }: Run, { config }: OperationSurroundings): SourceSettings {
  const found = config.sources.get(source ?? '')
  if (found !== undefined) return found
  throw unknown('source', source ?? '', [...config.sources.keys()])
}

function repositoryOf({ repository }: Run, { config }: OperationSurroundings): RepositorySettings {
  const found = config.repositories.get(repository ?? '')
  if (found !== undefined) return found
  throw unknown('repository', repository ?? '', [...config.repositories.keys()])
}

function unknown(kind: string, name: string, known: readonly string[]): AppError {
  return new AppError('SOURCE_UNKNOWN', { kind, name, suggestion: `There are: ${known.join(', ') || 'none'}.` })
}
