import type { MysqlClientPlace } from '@holdfast/connectors/mysql/client/mysql-tool'
import type { ProgramPlace } from '@holdfast/connectors/process/program-place'
import { clientPlaceOf } from '../postgresql/client-place.ts'

/** Where MySQL's own programs run. */
export function mysqlClientPlace(
  directories: readonly string[],
  variable: (name: string) => string | undefined,
  place: ProgramPlace = { type: 'local' },
): MysqlClientPlace {
  const { outerVariables } = clientPlaceOf([], variable, place)
  return { place, binaries: { directories, path: variable('PATH') ?? '' }, outerVariables }
}
