import { z } from 'zod'
import { durationSchema, timeZoneSchema } from './text-schema.ts'

const fiveFields =
  'must be a cron line of five fields (minute, hour, day of month, month, day of week), such as "0 2 * * *", or six with seconds first'

const cronTextSchema = z
  .string({ error: fiveFields })
  .refine((text) => /^\S+(?:\s+\S+){4,5}$/.test(text.trim()), { error: fiveFields })
  .meta({ examples: ['0 2 * * *', '0 */6 * * *', '30 3 * * sun'] })

const scheduleObjectSchema = z.strictObject({
  cron: cronTextSchema.optional().describe('When: five fields of cron, or six with seconds first.'),
  timeZone: timeZoneSchema.optional().describe('The zone of the cron line; else that of the whole configuration.'),
  jitter: durationSchema
    .optional()
    .describe('Each source is put off by its own, constant part of this, so that not all start at once.'),
})

/** "0 2 * * *", or { cron, timeZone, jitter }. */
export const scheduleSchema = z
  .union([cronTextSchema.transform((cron) => ({ cron, timeZone: undefined, jitter: undefined })), scheduleObjectSchema])
  .meta({ shorthand: 'cron' })

/** The same, or "none" (→ undefined). */
export const optionalScheduleSchema = z
  .union([z.literal('none').transform(() => undefined), scheduleSchema])
  .meta({ shorthand: 'cron' })

export type ParsedSchedule = z.output<typeof scheduleSchema>
