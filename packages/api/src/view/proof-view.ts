import { z } from 'zod'
import { durationMsSchema, instantSchema } from './instant.ts'

const verdictSchema = z.enum(['passed', 'failed'])

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
export type CheckView = z.output<typeof checkViewSchema>

/** None, where an older program has kept them in a form that is not known any more. */
export function parseChecks(text: string): CheckView[] {
  try {
    return z.array(checkViewSchema).safeParse(JSON.parse(text)).data ?? []
  } catch {
    return []
  }
}
