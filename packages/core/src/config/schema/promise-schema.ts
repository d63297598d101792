import { z } from 'zod'
import { anomalySchema } from './anomaly-schema.ts'
import { keepSchema } from './keep-schema.ts'
import { optionalScheduleSchema, scheduleSchema } from './schedule-schema.ts'
import { nameSchema, positiveDurationSchema, promisedDurationSchema } from './text-schema.ts'
import { windowSchema } from './window-schema.ts'

const retries = z
  .int({ error: 'must be a whole number' })
  .min(0, { error: 'must be at least 0' })
  .max(20, { error: 'must be at most 20' })

/**
 * What a tier promises and a source may say differently. All optional here: a tier leaves to the one it extends what it
 * does not say, a source to its tier.
 */
export const promiseShape = {
  rpo: promisedDurationSchema
    .optional()
    .describe(
      'Recovery point objective: the newest restorable instant is never older than this. "none" promises nothing.',
    ),
  rto: promisedDurationSchema
    .optional()
    .describe(
      'Recovery time objective: restores take no longer than this, as measured by proofs. "none" promises nothing.',
    ),
  backup: scheduleSchema.optional().describe('When backups are made.'),
  log: z
    .enum(['continuous', 'off'])
    .optional()
    .describe(
      'Whether the log between backups (WAL, binary log) is followed all the time, for point-in-time recovery.',
    ),
  repositories: z
    .union([
      z.enum(['all', 'first']),
      z.array(nameSchema, { error: 'must be all, first, or a list of names' }).min(1, { error: 'names no repository' }),
    ])
    .meta({ examples: ['all', 'first', '[near, far]'] })
    .optional()
    .describe(
      'Where copies lie: "all" repositories, the "first" one of this file, or names. The first is written by the backup itself.',
    ),
  copyMethod: z
    .enum(['fan-out', 'copy'])
    .optional()
    .describe(
      '"fan-out": one reading of the source is written to all repositories. "copy": to the first, and from there to the others.',
    ),
  keep: keepSchema.optional().describe('Retention, in every repository that has no other.'),
  keepIn: z
    .record(nameSchema, keepSchema)
    .optional()
    .describe('Retention in single repositories, by their names, instead of `keep`.'),
  prove: z
    .strictObject({
      newest: optionalScheduleSchema
        .optional()
        .describe('When the newest backup is restored and checked; "none" for never.'),
      random: optionalScheduleSchema
        .optional()
        .describe('When a random instant of the covered range is restored and checked; "none" for never.'),
    })
    .optional()
    .describe('When backups are proven by a restore into a sandbox.'),
  blackouts: z
    .array(windowSchema)
    .optional()
    .describe('Times in which no backup starts: what would, starts when the window closes.'),
  timeout: positiveDurationSchema.optional().describe('A run that takes longer is stopped.'),
  retries: retries.optional().describe('How often a run that failed for a passing reason is tried again.'),
  anomaly: anomalySchema.optional().describe('How far a backup may differ from those before it until it is reported.'),
}

/** A promise that says everything there is to say, after tiers and defaults have been put together. */
export const wholePromiseShape = {
  ...promiseShape,
  backup: scheduleSchema,
  log: promiseShape.log.unwrap(),
  repositories: promiseShape.repositories.unwrap(),
  copyMethod: promiseShape.copyMethod.unwrap(),
  prove: promiseShape.prove.unwrap(),
  blackouts: promiseShape.blackouts.unwrap(),
  timeout: positiveDurationSchema,
  retries,
  anomaly: anomalySchema.required(),
}
