import { z } from 'zod'
import { agentSchema } from './agent-schema.ts'
import { applicationSchema } from './application-schema.ts'
import { notificationSchema } from './notification-schema.ts'
import { repositorySchema } from './repository-schema.ts'
import { connectionSchema } from './secret-schema.ts'
import { serverSchema } from './server-schema.ts'
import { sourceSchema } from './source-schema.ts'
import { nameSchema, textSchema, timeZoneSchema } from './text-schema.ts'
import { tierSchema } from './tier-schema.ts'

export const catalogueSchema = z.discriminatedUnion(
  'type',
  [
    z.strictObject({
      type: z.literal('sqlite'),
      path: textSchema
        .optional()
        .meta({ isPath: true })
        .describe('The file; catalogue.db in the state directory when absent. Relative to this configuration file.'),
    }),
    z.strictObject({
      type: z.literal('postgresql'),
      connection: connectionSchema.describe('postgresql://user@host/database; several servers may share one.'),
    }),
  ],
  { error: (issue) => (issue.code === 'invalid_union' ? 'must be sqlite or postgresql' : undefined) },
)

/** holdfast.yaml */
export const configSchema = z.strictObject({
  include: z
    .array(textSchema)
    .optional()
    .describe(
      'Further files of the same form, relative to this one; the last part may hold *. What they say is added; nothing may be said twice.',
    ),
  host: textSchema.optional().describe('The name of this machine in snapshots; its host name when absent.'),
  timeZone: timeZoneSchema
    .optional()
    .describe('The zone of schedules and windows that name none; that of the machine when absent.'),
  catalogue: catalogueSchema
    .optional()
    .describe(
      'Where Holdfast remembers runs, proofs and findings. A file, unless several servers share one PostgreSQL.',
    ),
  repositories: z
    .record(nameSchema, repositorySchema)
    .prefault({})
    .describe('Where snapshots are kept, by name. Their order matters: the first is the nearest.'),
  tiers: z
    .record(nameSchema, tierSchema)
    .prefault({})
    .describe('Promises, by name. There are `critical`, `important` and `temporary` already.'),
  sources: z.record(nameSchema, sourceSchema).prefault({}).describe('What is protected, by name.'),
  agents: z
    .record(nameSchema, agentSchema)
    .prefault({})
    .describe('Machines that back up their own sources with `holdfast agent`, by name.'),
  applications: z.record(nameSchema, applicationSchema).prefault({}).describe('Sources that belong together, by name.'),
  notifications: notificationSchema.prefault({}).describe('Who is told what.'),
  server: serverSchema.prefault({}).describe('`holdfast serve`.'),
})
