import { z } from 'zod'
import { findingViewSchema } from './finding-view.ts'
import { instantSchema } from './instant.ts'
import { operationSchema, runViewSchema } from './run-view.ts'

const figure = z.number().min(0)

/** Totals so far, never differences: of two that come one after the other, the first can be forgotten. */
const progressSchema = z.strictObject({
  what: z
    .string()
    .describe('What is counted by `done`: files, packs, bytes.')
    .meta({ examples: ['files'] }),
  done: figure,
  total: figure.optional(),
  bytesDone: figure.optional(),
  bytesTotal: figure.optional(),
  stage: z.string().optional(),
})

export type ProgressView = z.output<typeof progressSchema>

/** Something has changed. What is not told here did not change. */
export const eventViewSchema = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('run.changed'), run: runViewSchema }),
    z.strictObject({
      type: z.literal('run.progressed'),
      runId: z.string(),
      operation: operationSchema,
      source: z.string().optional(),
      repository: z.string().optional(),
      progress: progressSchema,
    }),
    z.strictObject({ type: z.literal('finding.changed'), finding: findingViewSchema }),
    z.strictObject({ type: z.literal('config.reloaded'), at: instantSchema, digest: z.string() }),
    z
      .strictObject({ type: z.literal('reset') })
      .describe('What came before cannot be told any more: read everything anew. What follows is whole again.'),
  ])
  .meta({ id: 'Event' })
export type EventView = z.output<typeof eventViewSchema>
