import { z } from 'zod'
import { restoreOrderSchema } from './restore-order.ts'

/** What a restore will do, before it does anything. Sizes are bytes, times ISO 8601. */
export const restorePlanViewSchema = z.strictObject({
  order: restoreOrderSchema.describe('What was asked for, with everything that was left open decided.'),
  digest: z.string().describe('Of what was decided. The restore begins only when the plan made then has the same.'),
  kind: z.enum(['files', 'postgresql-directory', 'postgresql-database', 'mysql-directory', 'mysql-database']),
  snapshot: z.string().describe('That it begins with.'),
  snapshotTime: z.string(),
  state: z.string().optional().describe('The instant whose state comes back, where one is known.'),
  target: z.string().describe('Directory or database.'),
  files: z.int().optional(),
  bytes: z.int(),
  logBytes: z.int().describe('Of the log that is replayed.'),
  freeBytes: z.int().optional().describe('At the target.'),
  overwrites: z.int().describe('Files there that are written over.'),
  estimatedMs: z.int(),
  estimatedFrom: z.enum(['proofs', 'assumption']),
  warnings: z.array(z.string()),
  role: z.enum(['operator', 'admin']).describe('The least that may do it.'),
  confirmation: z.string().optional().describe('To be typed before it is done; absent: nothing is overwritten.'),
})
export type RestorePlanView = z.output<typeof restorePlanViewSchema>
