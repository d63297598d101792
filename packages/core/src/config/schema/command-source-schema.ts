import { z } from 'zod'
import { textSchema } from './text-schema.ts'

export const commandSourceShape = {
  type: z.literal('command'),
  command: z
    .array(z.string(), { error: 'must be a list: [program, argument, …]; there is no shell' })
    .min(1, { error: 'names no program' })
    .describe('Program and arguments whose output is stored; no shell. Anything but exit code 0 is a failure.'),
  fileName: textSchema
    .refine((name) => !name.includes('/'), { error: 'must be a name without slashes' })
    .prefault('output')
    .describe('Name of the file in the snapshot.'),
  minimumBytes: z
    .int({ error: 'must be a whole number' })
    .min(0)
    .prefault(1)
    .describe('Less output than this is a failure.'),
}
