import { z } from 'zod'
import { sizeSchema } from './text-schema.ts'

/** A machine that backs up its own sources and only ever dials out: `holdfast agent`. */
export const agentSchema = z.strictObject({
  gateway: z
    .enum(['off', 'append-only', 'write-only'])
    .prefault('off')
    .describe(
      'How it reaches repositories: by itself (off), or through the server, where it can add but not remove (append-only), or add and read nothing but what a backup needs (write-only).',
    ),
  concurrency: z
    .int({ error: 'must be a whole number' })
    .min(1, { error: 'must be at least 1' })
    .prefault(2)
    .describe('Runs at once on its machine.'),
  storesPerDay: sizeSchema
    .optional()
    .describe('At most so much is taken from it by the gateway in a day (UTC), into all repositories together.'),
})
