import { z } from 'zod'
import { findingViewSchema } from './finding-view.ts'
import { instantSchema } from './instant.ts'
import { objectiveViewSchema } from './source-view.ts'

/** How sources that belong together stand together. */
export const applicationViewSchema = z
  .strictObject({
    name: z.string(),
    sources: z.array(z.string()),
    newestRestorable: instantSchema.optional().describe('The newest instant to which all of them can be restored.'),
    rpo: objectiveViewSchema,
    rto: objectiveViewSchema,
    score: z.number(),
    findings: z.array(findingViewSchema),
  })
  .meta({ id: 'Application' })
export type ApplicationView = z.output<typeof applicationViewSchema>
