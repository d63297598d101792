import { z } from 'zod'
import { durationMsSchema, instantSchema } from './instant.ts'

export const operationSchema = z.enum(['backup', 'copy', 'forget', 'prune', 'check', 'verify', 'restore'])

export const runStateSchema = z.enum([
  'queued',
  'running',
  'succeeded',
  'partial',
  'failed',
  'cancelled',
  'timed-out',
  'lost',
])

const count = z.number().min(0)

const causeSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('schedule'), fire: instantSchema, isMadeUp: z.boolean() }),
  z.strictObject({ type: z.literal('manual'), by: z.string() }),
  z.strictObject({ type: z.literal('after'), runId: z.string() }),
])

const resultSchema = z.strictObject({
  snapshots: z.record(z.string(), z.string()).optional().describe('Repository to id of the snapshot.'),
  filesNew: count.optional(),
  filesChanged: count.optional(),
  filesUnmodified: count.optional(),
  bytesRead: count.optional(),
  bytesAdded: count.optional(),
  bytesStored: count.optional(),
  snapshotsRemoved: count.optional(),
  bytesFreed: count.optional(),
  bytesChecked: count.optional(),
  filesRestored: count.optional(),
  bytesRestored: count.optional(),
  restoredTo: z.string().optional().describe('A directory, or a database and its server.'),
  problems: z.array(z.string()).optional(),
})

/** One execution of an operation. */
export const runViewSchema = z
  .strictObject({
    id: z.string().meta({ examples: ['0198f3c2-9d3e-7f61-8b1f-3a52c5a7d0e1'] }),
    operation: operationSchema,
    source: z.string().optional(),
    repository: z.string().optional(),
    arguments: z.record(z.string(), z.string()),
    cause: causeSchema,
    state: runStateSchema,
    isCancelRequested: z.boolean(),
    attempt: count.describe('How often it was begun.'),
    attempts: count.describe('How often it may be begun.'),
    timeoutMs: durationMsSchema,
    dueAt: instantSchema,
    queuedAt: instantSchema,
    startedAt: instantSchema.optional(),
    endedAt: instantSchema.optional(),
    worker: z.string().optional().describe('The process that does it, or did it last.'),
    error: z.strictObject({ code: z.string(), message: z.string(), hint: z.string() }).optional(),
    result: resultSchema.optional(),
  })
  .meta({ id: 'Run' })
export type RunView = z.output<typeof runViewSchema>
