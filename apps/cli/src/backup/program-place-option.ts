import type { ProgramPlace } from '@holdfast/connectors/process/program-place'
import { AppError } from '@holdfast/core/errors/app-error'
import type { BackupValues } from './backup-option.ts'

export function programPlaceOf({ inContainer, inPod }: Pick<BackupValues, 'inContainer' | 'inPod'>): ProgramPlace {
  if (inContainer !== undefined && inPod !== undefined) {
    throw new AppError('OPTIONS_CONFLICT', { first: '--in-container', second: '--in-pod' })
  }
  if (inContainer !== undefined) return { type: 'docker', container: inContainer }
  return inPod === undefined ? { type: 'local' } : { type: 'kubernetes', ...inPod }
}
