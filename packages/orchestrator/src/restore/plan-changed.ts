import { AppError } from '@holdfast/core/errors/app-error'
import { formatSize } from '@holdfast/core/units/size'
import type { RestorePlan } from './restore-plan.ts'

type Told = Pick<RestorePlan['view'], 'order' | 'snapshot' | 'bytes' | 'target' | 'overwrites'>

/** RESTORE_PLAN_CHANGED, saying what would be done now. */
export function planChanged({ order, snapshot, bytes, target, overwrites }: Told): AppError {
  const what = `${formatSize(bytes)} of snapshot ${snapshot.slice(0, 8)}`
  const difference = `now it would bring ${what} to ${target}, over ${overwrites} files`
  return new AppError('RESTORE_PLAN_CHANGED', { source: order.source, difference })
}
