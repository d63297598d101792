import { z } from 'zod'
import { durationSchema, textSchema } from './text-schema.ts'

/** How much of a followed log may be lost. */
export const flushEverySchema = durationSchema
  .refine((durationMs) => durationMs >= 100 && durationMs <= 3_600_000, { error: 'must be from 100ms to 1h' })
  .prefault('10s')
  .describe('Log continuous: what was committed is stored after so long at the latest.')

/** What the user knows of the data. */
export const assertionsSchema = z
  .array(
    z.strictObject({
      database: textSchema.describe('Database to ask.'),
      sql: textSchema.describe('Statement whose single value must be true.'),
    }),
  )
  .prefault([])
  .describe('What must be true in every proof.')
