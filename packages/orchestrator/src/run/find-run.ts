import { AppError } from '@holdfast/core/errors/app-error'
import type { Catalogue } from '../catalogue/catalogue.ts'
import type { Run } from './run.ts'

const lookedThrough = 5_000

/** A run by its id, or by a beginning or end of it that only one of the newest has. Fails with RUN_UNKNOWN, OBJECT_AMBIGUOUS. */
export async function findRun(catalogue: Catalogue, id: string): Promise<Run> {
  const whole = await catalogue.runs.get(id)
  if (whole !== undefined) return whole
  const newest = await catalogue.runs.list({ limit: lookedThrough })
  // ids begin with the time, so that those of one minute differ at their ends
  const matching = id.length < 4 ? [] : newest.filter((run) => run.id.startsWith(id) || run.id.endsWith(id))
  const [found] = matching
  if (found === undefined) throw new AppError('RUN_UNKNOWN', { id })
  if (matching.length > 1) throw new AppError('OBJECT_AMBIGUOUS', { type: 'run', id, count: matching.length })
  return found
}
