import { parseMarkFields } from '../catalogue/mark-fields.ts'

/** How requests to the watching service went lately, in the mark `notified/@dead-man-switch`. */
export interface DeadManState {
  /** not before */
  readonly nextAt: Date
  /** in a row */
  readonly failures: number
  readonly error?: string | undefined
}

export const deadManMark = 'notified/@dead-man-switch'

/** What cannot be read counts as never requested. */
export function parseDeadManState(value: string | undefined): DeadManState {
  const fields = parseMarkFields(value)
  const [nextAt, failures] = [fields?.date('nextAt'), fields?.number('failures')]
  if (nextAt === undefined || failures === undefined) return { nextAt: new Date(0), failures: 0 }
  return { nextAt, failures, error: fields?.text('error') }
}
