import { z } from 'zod'
import { channelSchema } from './channel-schema.ts'
import { secretOrTextSchema } from './secret-schema.ts'
import { durationSchema, nameSchema, positiveDurationSchema } from './text-schema.ts'
import { windowSchema } from './window-schema.ts'

const routeSchema = z.strictObject({
  minimumSeverity: z
    .enum(['info', 'warning', 'critical'])
    .prefault('warning')
    .describe('Findings from this severity on.'),
  tiers: z.array(nameSchema).prefault([]).describe('Findings about sources of these tiers; all when empty.'),
  sources: z.array(nameSchema).prefault([]).describe('Findings about these sources; all when empty.'),
  channels: z.array(nameSchema).min(1, { error: 'names no channel' }).describe('Where they go.'),
  andOthers: z
    .boolean()
    .prefault(false)
    .describe('Whether routes after this one are looked at, too; else the first that fits decides.'),
  groupFor: durationSchema.prefault('30s').describe('Findings of this long are sent as one message.'),
  repeatEvery: positiveDurationSchema
    .optional()
    .describe('An open finding is sent again after this; never when absent.'),
  quietHours: windowSchema.optional().describe('Held back in this window, except critical ones.'),
  sendResolved: z.boolean().prefault(true).describe('Whether the end of a finding is sent, too.'),
})

/** Who is told what. */
export const notificationSchema = z.strictObject({
  channels: z.record(nameSchema, channelSchema).prefault({}).describe('Ways to reach people, by name.'),
  routes: z
    .array(routeSchema)
    .optional()
    .describe('The first route that fits decides. Without any, all channels get warnings and critical findings.'),
  deadManSwitch: z
    .strictObject({
      url: secretOrTextSchema.describe('Requested as long as all is well here, so that silence is noticed elsewhere.'),
      every: positiveDurationSchema.prefault('5m').describe('How often.'),
    })
    .optional()
    .describe('A service that raises the alarm when it hears nothing from here.'),
})

export type ParsedNotifications = z.output<typeof notificationSchema>
export type ParsedRoute = z.output<typeof routeSchema>
