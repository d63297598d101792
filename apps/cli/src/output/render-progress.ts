import { formatSize } from '@holdfast/core/units/size'
import { keepEnd, padColumns } from './display-width.ts'
import { formatClock } from './local-time.ts'
import { printable } from './printable.ts'
import { fractionOf, type Progress } from './progress.ts'

export interface Pace {
  readonly elapsedMs: number
  readonly bytesPerSecond: number | undefined
}

const mostCurrentFiles = 2

/** The lines of a progress display on a terminal of that width: a bar with figures, then the files being worked on. */
export function renderProgress(progress: Progress, pace: Pace, columns: number): string[] {
  const figures = progressFigures(progress, pace)
  const fraction = fractionOf(progress)
  const barColumns = Math.min(24, columns - figures.length - 4)
  const head = fraction === undefined || barColumns < 6 ? figures : `${bar(fraction, barColumns)} ${figures}`
  const files = progress.current.slice(0, mostCurrentFiles).map((file) => `  ${keepEnd(printable(file), columns - 3)}`)
  return [keepEnd(head, columns - 1), ...files]
}

/** "backup 42.1 %  1203 of 5000 files  1.204 GiB of 3.000 GiB  210.000 MiB/s  ETA 0:08  2 errors" */
export function progressFigures(progress: Progress, pace: Pace): string {
  const fraction = fractionOf(progress)
  const { done, total, bytesDone, totalBytes, bytesPerSecond } = { ...progress, ...pace }
  const remainingMs = remaining(progress, pace)
  const parts = [
    `${formatClock(pace.elapsedMs)} ${progress.work}`,
    ...(fraction === undefined ? [] : [padColumns(`${(fraction * 100).toFixed(1)} %`, 7, 'left')]),
    `${done}${total === undefined ? '' : ` of ${total}`} ${progress.unit}`,
    ...(bytesDone === undefined
      ? []
      : [`${formatSize(bytesDone)}${totalBytes === undefined ? '' : ` of ${formatSize(totalBytes)}`}`]),
    ...(bytesPerSecond === undefined || bytesDone === undefined ? [] : [`${formatSize(Math.round(bytesPerSecond))}/s`]),
    ...(remainingMs === undefined ? [] : [`ETA ${formatClock(remainingMs)}`]),
    ...(progress.errors === 0 ? [] : [`${progress.errors} ${progress.errors === 1 ? 'error' : 'errors'}`]),
  ]
  return parts.join('  ')
}

/** Time to come in milliseconds: from the present rate where bytes are known, else from the pace so far. */
export function remaining(progress: Progress, pace: Pace): number | undefined {
  const fraction = fractionOf(progress)
  if (fraction === undefined || fraction === 0) return undefined
  const { bytesDone, totalBytes } = progress
  if (bytesDone !== undefined && totalBytes !== undefined && pace.bytesPerSecond !== undefined) {
    return pace.bytesPerSecond > 0 ? ((totalBytes - bytesDone) / pace.bytesPerSecond) * 1000 : undefined
  }
  return pace.elapsedMs > 1000 ? (pace.elapsedMs / fraction) * (1 - fraction) : undefined
}

function bar(fraction: number, columns: number): string {
  const filled = Math.round(fraction * (columns - 2))
  return `[${'='.repeat(filled)}${' '.repeat(columns - 2 - filled)}]`
}
