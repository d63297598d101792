import { z } from 'zod'
import { findingViewSchema } from './finding-view.ts'
import { durationMsSchema, instantSchema } from './instant.ts'
import { operationSchema, runStateSchema } from './run-view.ts'

/** What is promised, and what holds. */
export const objectiveViewSchema = z
  .strictObject({
    verdict: z.enum(['broken', 'unknown', 'kept', 'not promised']),
    actualMs: durationMsSchema.optional().describe('Absent: not measured yet.'),
    promisedMs: durationMsSchema.optional().describe('Absent: nothing is promised.'),
  })
  .meta({ id: 'Objective' })

const lastProofSchema = z.strictObject({ at: instantSchema, verdict: z.enum(['passed', 'failed']) })

/** How one source stands. */
export const sourceViewSchema = z
  .strictObject({
    name: z.string(),
    type: z.string().meta({ examples: ['postgresql'] }),
    tier: z.string(),
    labels: z.record(z.string(), z.string()),
    isBroken: z
      .boolean()
      .describe('A promise is broken, the last restore that was tried failed, or nothing can be restored.'),
    newestRestorable: instantSchema.optional().describe('Absent: nothing can be restored.'),
    newestRestorableBy: z.enum(['snapshot', 'log']),
    rpo: objectiveViewSchema,
    rto: objectiveViewSchema,
    lastProof: lastProofSchema.optional(),
    lastPassedProofAt: instantSchema.optional(),
    repositories: z.array(z.string()).describe('Where it is to be kept.'),
    copies: z.array(z.string()).describe('Which of them hold the newest snapshot.'),
    score: z.number().describe('How many of the demands of 3-2-1-1-0 are met, of five.'),
    scoreParts: z.array(z.strictObject({ demand: z.string(), isMet: z.boolean(), explanation: z.string() })),
    activeRuns: z.array(z.strictObject({ id: z.string(), operation: operationSchema, state: runStateSchema })),
    findings: z.array(findingViewSchema).describe('Open ones.'),
  })
  .meta({ id: 'Source' })
export type SourceView = z.output<typeof sourceViewSchema>
