import type { MysqlClientPlace } from '@holdfast/connectors/mysql/client/mysql-tool'
import type { ProgramPlace } from '@holdfast/connectors/process/program-place'
import { AppError } from '@holdfast/core/errors/app-error'
import { clientPlaceOf } from '@holdfast/orchestrator/postgresql/client-place'
import type { Variables } from '../argument/option.ts'
import type { BackupValues } from '../backup/backup-option.ts'

/** Where MySQL's own programs run. */
export function mysqlClientPlace(
  directories: readonly string[],
  variables: Variables,
  place: ProgramPlace = { type: 'local' },
): MysqlClientPlace {
  const { outerVariables } = clientPlaceOf([], variables, place)
  return { place, binaries: { directories, path: variables('PATH') ?? '' }, outerVariables }
}

export function programPlaceOf({ inContainer, inPod }: Pick<BackupValues, 'inContainer' | 'inPod'>): ProgramPlace {
  if (inContainer !== undefined && inPod !== undefined) {
    throw new AppError('OPTIONS_CONFLICT', { first: '--in-container', second: '--in-pod' })
  }
  if (inContainer !== undefined) return { type: 'docker', container: inContainer }
  return inPod === undefined ? { type: 'local' } : { type: 'kubernetes', ...inPod }
}
