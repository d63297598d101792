import { AppError } from '@holdfast/core/errors/app-error'
import type { Check } from '@holdfast/core/proof/check'
import type { RestoreOrder } from '@holdfast/core/restore/restore-order'
import type { RestoreSurroundings } from './restore-plan.ts'

/** The database of an order. Fails with RESTORE_NOT_ALLOWED unless the configuration lets the API make databases. */
export function newDatabase(
  { to }: RestoreOrder,
  { config, source }: RestoreSurroundings,
): { readonly database: string; readonly into: string } {
  if (!config.server.restoreDatabases) {
    throw new AppError('RESTORE_NOT_ALLOWED', { place: 'database', setting: 'server.restoreDatabases' })
  }
  if (to.type === 'database') return to
  const advice = 'Restore a database under a new name, or to a directory.'
  throw new AppError('RESTORE_UNSUITABLE', { source: source.name, reason: 'a dump has no place of its own', advice })
}

/** What was loaded is compared with what was dumped. Fails with RESTORE_NOT_WHOLE. */
export function refuseFailedChecks(checks: readonly Check[], source: string, target: string): void {
  const failed = checks.filter(({ verdict }) => verdict === 'failed')
  const [first] = failed
  if (first === undefined) return
  const example = `${first.name}: ${first.evidence}`
  throw new AppError('RESTORE_NOT_WHOLE', { count: failed.length, source, target, example })
}
