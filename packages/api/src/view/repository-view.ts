import { z } from 'zod'
import { instantSchema } from './instant.ts'

/** How one repository stands. Sizes are of when they were last measured. */
export const repositoryViewSchema = z
  .strictObject({
    name: z.string(),
    location: z.string().describe('Never with a password.'),
    medium: z.string(),
    isOffSite: z.boolean(),
    isImmutable: z.boolean(),
    snapshots: z.number().min(0).describe('Of the sources of the configuration.'),
    bytes: z.number().min(0).optional(),
    measuredAt: instantSchema.optional(),
    bytesPerDay: z.number().optional().describe('Growth; absent while the past is too short to tell.'),
    capacityBytes: z.number().min(0).optional(),
    fullAt: instantSchema.optional().describe('At the present growth.'),
    readSince: instantSchema.optional().describe('Since then at the latest all data has been read again.'),
    cost: z
      .strictObject({
        currency: z.string(),
        perMonth: z.number(),
        storagePerMonthInAYear: z.number(),
        readAll: z.number(),
      })
      .optional(),
  })
  .meta({ id: 'Repository' })
export type RepositoryView = z.output<typeof repositoryViewSchema>
