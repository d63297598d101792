import { z } from 'zod'
import { instantSchema } from './instant.ts'

const severitySchema = z.enum(['info', 'warning', 'critical'])

/** Something that a person should know. */
export const findingViewSchema = z
  .strictObject({
    key: z.string().meta({ examples: ['overdue:source/shop'] }),
    kind: z.string(),
    severity: severitySchema,
    subject: z.strictObject({
      source: z.string().optional(),
      repository: z.string().optional(),
      application: z.string().optional(),
    }),
    about: z.string().optional().describe('Where a subject can have several of a kind: which one.'),
    title: z.string().describe('One line.'),
    detail: z.string().describe('What to do, and the figures behind it; several lines.'),
    figures: z.record(z.string(), z.number()).describe('Named with their units.'),
    firstSeenAt: instantSchema,
    lastSeenAt: instantSchema,
    resolvedAt: instantSchema.optional().describe('Absent while it is open.'),
    acknowledged: z
      .strictObject({ by: z.string(), at: instantSchema, note: z.string(), isExpected: z.boolean() })
      .optional(),
  })
  .meta({ id: 'Finding' })
export type FindingView = z.output<typeof findingViewSchema>
