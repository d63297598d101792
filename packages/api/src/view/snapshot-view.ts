import { snapshotIdSchema, snapshotPathSchema } from '@holdfast/core/restore/restore-order'
import { z } from 'zod'
import { instantSchema, nameSchema } from './instant.ts'

const bytesSchema = z.number().min(0)

/** A restore point in one repository. */
export const snapshotViewSchema = z.strictObject({
  repository: z.string(),
  id: z.string().meta({ examples: ['1f2e3d4c5b6a79881f2e3d4c5b6a79881f2e3d4c5b6a79881f2e3d4c5b6a7988'] }),
  source: z.string().optional().describe('Absent: not a backup of a source (a log, a proof, or made by hand).'),
  time: instantSchema.describe('When the source was in this state.'),
  lineage: z.string().describe('The same for all copies of one backup.'),
  bytes: bytesSchema.optional(),
  bytesAdded: bytesSchema.optional().describe('What was new, before compression.'),
  proof: z
    .strictObject({ verdict: z.enum(['passed', 'failed']), at: instantSchema })
    .optional()
    .describe('The newest of this backup, where one source was asked for.'),
})
export type SnapshotView = z.output<typeof snapshotViewSchema>

/** Everything that a repository says of a snapshot. */
export const snapshotDetailsSchema = snapshotViewSchema.omit({ proof: true }).extend({
  hostname: z.string(),
  username: z.string(),
  paths: z.array(z.string()),
  tags: z.array(z.string()),
  program: z.string().optional(),
  parent: z.string().optional(),
  original: z.string().optional().describe('The snapshot that it is a copy or a changed form of.'),
  files: z.number().min(0).optional(),
  isPinned: z.boolean().describe('No policy removes it.'),
})
export type SnapshotDetails = z.output<typeof snapshotDetailsSchema>

/**
 * A file or directory of a snapshot. Names are bytes; in `name` and `path` a backslash is written `\\`, and a byte that is no
 * UTF-8 or cannot be shown `\x` and two hex digits, so that every path can be given back as it came.
 */
export const entryViewSchema = z.strictObject({
  name: z.string(),
  path: z.string(),
  type: z.enum(['file', 'dir', 'symlink', 'dev', 'chardev', 'fifo', 'socket', 'irregular', 'unknown']),
  sizeBytes: bytesSchema.optional().describe('Of files.'),
  modifiedAt: z.string().describe('ISO 8601, UTC, as exact as the file system was.'),
  mode: z
    .string()
    .describe('Permissions, octal.')
    .meta({ examples: ['0644'] }),
  user: z.string(),
  group: z.string(),
  linkTarget: z.string().optional(),
})
export type EntryView = z.output<typeof entryViewSchema>

/** Of a route that is about one snapshot. */
export const snapshotParamsSchema = z.strictObject({ repository: nameSchema, snapshot: snapshotIdSchema })

export const pathQuerySchema = snapshotPathSchema
  .default('/')
  .describe('In the snapshot. A backslash is written `\\\\`, a byte that is no UTF-8 `\\xff`, as listings do.')
