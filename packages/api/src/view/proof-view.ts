import { z } from 'zod'
import { durationMsSchema, instantSchema } from './instant.ts'

export const verdictSchema = z.enum(['passed', 'failed'])

/** A restore that was tried, without its evidence. */
export const proofViewSchema = z
  .strictObject({
    id: z.string(),
    runId: z.string().optional(),
    source: z.string(),
    repository: z.string(),
    snapshotId: z.string(),
    verdict: verdictSchema,
    target: z.string().describe('"newest", or the instant.'),
    endedAt: instantSchema,
    recoveryMs: durationMsSchema.describe('Measured: until the service would be back.'),
    bytes: z.number().min(0),
  })
  .meta({ id: 'Proof' })
export type ProofView = z.output<typeof proofViewSchema>

/** One thing that was looked at, with what was seen. */
export const checkViewSchema = z.strictObject({
  name: z.string().meta({ examples: ['rows'] }),
  subject: z.string().describe('A database, a table; empty for the whole.'),
  verdict: z.enum(['passed', 'failed', 'skipped']),
  evidence: z.string(),
  durationMs: durationMsSchema,
})
