import { z } from 'zod'
import { keepSchema } from './keep-schema.ts'
import { scheduleSchema } from './schedule-schema.ts'
import { holdsPassword, secretOrTextSchema, secretSchema } from './secret-schema.ts'
import { positiveDurationSchema, sizeSchema, textSchema } from './text-schema.ts'
import { windowSchema } from './window-schema.ts'

const amount = (what: string) => z.number({ error: 'must be a number' }).min(0).prefault(0).describe(what)

const priceSchema = z.strictObject({
  currency: textSchema.prefault('USD').describe('Only shown.'),
  storedGibMonth: amount('For one GiB stored for a month.'),
  readGib: amount('For one GiB read back.'),
  thousandRequests: amount('For a thousand requests.'),
  minimumDays: amount('What is deleted sooner is paid for until then.'),
})

const pruneSchema = z.strictObject({
  schedule: scheduleSchema.prefault({ cron: '30 4 * * sun', jitter: '5m' }).describe('When space is freed.'),
  window: windowSchema.optional().describe('It starts in this window only.'),
  maxUnused: z
    .string()
    .regex(/^(?:\d+(?:\.\d+)?%|\d+(?:[kmgtKMGT](?:i?[bB])?)?|unlimited)$/, {
      error: 'must be a share such as 5%, a size, or unlimited',
    })
    .prefault('5%')
    .describe('Unused data that may stay, to save rewriting packs.'),
})

const checkSchema = z.strictObject({
  schedule: scheduleSchema
    .prefault({ cron: '15 5 * * *', jitter: '5m' })
    .describe('When a part of the data is read again.'),
  readAllWithin: positiveDurationSchema
    .prefault('30d')
    .describe('All data is read again within this time, in rotating parts.'),
})

/** Where snapshots are kept. */
export const repositorySchema = z.strictObject({
  location: textSchema
    .refine((text) => !holdsPassword(text), {
      error:
        'holds a password, which never stands in this file: write variables: { HOLDFAST_REST_PASSWORD: { file: … } }',
    })
    .meta({ isLocation: true })
    .describe('As `-r` takes it: a path, s3:https://host/bucket/prefix or rest:https://host/path/.'),
  password: secretSchema.describe(
    'The password of the repository. Without it nothing can be restored: keep it in a second place.',
  ),
  variables: z
    .record(z.string().regex(/^[A-Z][A-Z0-9_]*$/, { error: 'is no name of a variable' }), secretOrTextSchema)
    .prefault({})
    .describe('What the store needs, named as environment variables: AWS_ACCESS_KEY_ID, HOLDFAST_REST_PASSWORD, …'),
  options: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String))
    .prefault({})
    .describe('Settings of the store, as `-o` takes them: { s3.storage-class: STANDARD_IA }.'),
  medium: textSchema.prefault('disk').describe('What it is stored on, for the 3-2-1-1-0 score: disk, object, tape.'),
  offSite: z.boolean().prefault(false).describe('Whether it lies somewhere else than the sources.'),
  immutable: z
    .boolean()
    .prefault(false)
    .describe('Whether stored files cannot be changed or removed for some time (object lock, append-only).'),
  residency: z
    .record(textSchema, z.string())
    .prefault({})
    .describe('Where its bytes lie, compared with what sources allow: { region: eu }.'),
  keep: keepSchema.optional().describe('Retention here, instead of what the tiers say.'),
  prune: pruneSchema.prefault({}).describe('How space is freed after snapshots have been removed.'),
  check: checkSchema.prefault({}).describe('How the stored data is checked.'),
  price: priceSchema.optional().describe('For the estimate of its cost.'),
  limits: z
    .strictObject({
      concurrency: z.int({ error: 'must be a whole number' }).min(1).prefault(2).describe('Runs at once.'),
      upload: sizeSchema.optional().describe('Bytes a second, as 10MiB.'),
      download: sizeSchema.optional().describe('Bytes a second, as 10MiB.'),
    })
    .prefault({})
    .describe('What it may be burdened with.'),
  capacity: sizeSchema.optional().describe('How much fits in, for the forecast of when it is full.'),
})

export type ParsedRepository = z.output<typeof repositorySchema>
