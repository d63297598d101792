import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import type { Run, RunError } from './run.ts'

/** "source shop", "repository offsite", "source shop in repository offsite" */
function subjectOf({ source, repository }: Pick<Run, 'source' | 'repository'>): string {
  if (source === undefined) return repository === undefined ? 'everything' : `repository ${repository}`
  return repository === undefined ? `source ${source}` : `source ${source} in repository ${repository}`
}

/** What is recorded of an error. One that is no AppError is a mistake of the program, and said to be. */
export function describeFailure(error: unknown, run: Run): RunError {
  if (isAppError(error)) return { code: error.code, message: error.message, hint: error.hint }
  const reason = error instanceof Error ? error.message : String(error)
  return describe(new AppError('RUN_UNEXPECTED', { operation: run.operation, subject: subjectOf(run), reason }))
}

export function describeTimeOut(run: Run, limit: string): RunError {
  return describe(new AppError('RUN_TIMED_OUT', { operation: run.operation, subject: subjectOf(run), limit }))
}

export function describeLoss(run: Run): RunError {
  const worker = run.leasedBy ?? 'its process'
  return describe(new AppError('RUN_LOST', { operation: run.operation, subject: subjectOf(run), worker }))
}

function describe({ code, message, hint }: AppError): RunError {
  return { code, message, hint }
}
