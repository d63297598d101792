import { z } from 'zod'
import { textSchema } from './text-schema.ts'

const absolutePath = textSchema.refine((path) => path.startsWith('/'), { error: 'must be an absolute path' })

export const filesSourceShape = {
  type: z.literal('files'),
  paths: z.array(absolutePath).min(1, { error: 'names no path' }).describe('Files and directories, absolute.'),
  excludes: z
    .array(textSchema)
    .prefault([])
    .describe('Patterns of what is left out, as `holdfast backup --exclude` takes them.'),
  excludeCaches: z.boolean().prefault(false).describe('Leave out directories with a CACHEDIR.TAG.'),
  oneFileSystem: z.boolean().prefault(false).describe('Do not enter other file systems.'),
}
