import { z } from 'zod'
import { calendarDurationSchema } from './text-schema.ts'

const count = (what: string) =>
  z
    .int({ error: 'must be a whole number' })
    .min(0, { error: 'must be at least 0' })
    .optional()
    .describe(`Keep the newest snapshot of the last so many ${what}; 0 takes back what the tier says.`)

/** How long snapshots are kept. A snapshot stays if any of the rules keeps it. */
export const keepSchema = z.strictObject({
  last: z
    .int({ error: 'must be a whole number' })
    .min(0, { error: 'must be at least 0' })
    .optional()
    .describe('Keep the newest snapshots, so many; 0 takes back what the tier says.'),
  hourly: count('hours'),
  daily: count('days'),
  weekly: count('weeks'),
  monthly: count('months'),
  yearly: count('years'),
  within: calendarDurationSchema.optional().describe('Keep everything newer than this: 30d, 1y6m.'),
})

export type ParsedKeep = z.output<typeof keepSchema>
