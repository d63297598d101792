import { z } from 'zod'
import { nameSchema } from './text-schema.ts'

/** Sources that belong together: one recovery point, one recovery. */
export const applicationSchema = z.strictObject({
  sources: z
    .array(nameSchema)
    .min(1, { error: 'names no source' })
    .describe('Names of its sources, in the order of recovery.'),
})
