import { z } from 'zod'
import { accessFields } from './access-schema.ts'
import { positiveDurationSchema, textSchema } from './text-schema.ts'

const form = 'must be an address and a port, such as 127.0.0.1:8090'

const listenSchema = z
  .string({ error: form })
  .meta({ examples: ['127.0.0.1:8090', '[::1]:8090'] })
  .transform((text, issues) => {
    const [, bracketed, plain, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text) ?? []
    const host = bracketed ?? plain
    if (host !== undefined && Number(port) <= 65_535) return { host, port: Number(port) }
    issues.addIssue({ code: 'custom', message: form })
    return z.NEVER
  })

const runsAtOnce = z.int({ error: 'must be a whole number' }).min(1, { error: 'must be at least 1' })

/** `holdfast serve`. */
export const serverSchema = z.strictObject({
  listen: listenSchema
    .prefault('127.0.0.1:8090')
    .describe('Address of page, API, metrics and health; port 0 takes any free one.'),
  ...accessFields,
  concurrency: z
    .strictObject({
      host: runsAtOnce.prefault(2).describe('Runs at once on this machine.'),
      source: runsAtOnce.prefault(1).describe('Runs at once of one source.'),
    })
    .prefault({})
    .describe('How much is done at once.'),
  reloadEvery: positiveDurationSchema.prefault('10s').describe('How often this file is looked at for changes.'),
  discovery: z
    .enum(['daily', 'off'], { error: 'must be daily or off' })
    .prefault('daily')
    .describe('Look for databases and volumes of this machine that no source protects; findings tell of them.'),
  restoreTo: z
    .array(textSchema.meta({ isPath: true }))
    .prefault([])
    .describe(
      'Directories of this machine below which restores that are asked for over the API may write; none, unless named. Relative to this configuration file.',
    )
    .meta({ examples: [['/srv/restores']] }),
  restoreDatabases: z
    .boolean()
    .prefault(false)
    .describe('Restores that are asked for over the API may make new databases on the servers that sources are.'),
})
