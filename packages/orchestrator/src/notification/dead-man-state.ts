import { z } from 'zod'

/** How requests to the watching service went lately, in the mark `notified/@dead-man-switch`. */
const schema = z.object({
  /** not before */
  nextAt: z.coerce.date(),
  /** in a row */
  failures: z.number(),
  error: z.string().optional(),
})

export const deadManMark = 'notified/@dead-man-switch'

/** What cannot be read counts as never requested. */
export function parseDeadManState(value: string | undefined): z.infer<typeof schema> {
  try {
    return schema.parse(JSON.parse(value ?? ''))
  } catch {
    return { nextAt: new Date(0), failures: 0 }
  }
}
