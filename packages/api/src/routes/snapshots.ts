import { snapshotIdSchema } from '@holdfast/core/restore/restore-order'
import { z } from 'zod'
import { defineRoute } from '../route.ts'
import { nameSchema } from '../view/instant.ts'
import { cursorSchema, limitSchema } from '../view/page.ts'
import {
  entryViewSchema,
  pathQuerySchema,
  snapshotDetailsSchema,
  snapshotParamsSchema,
  snapshotViewSchema,
} from '../view/snapshot-view.ts'

const sideSchema = z.strictObject({
  files: z.number(),
  directories: z.number(),
  others: z.number(),
  bytes: z.number().describe('Of data that only one side has, uncompressed.'),
})

export const snapshotRoutes = {
  'snapshots.list': defineRoute({
    name: 'snapshots.list',
    method: 'GET',
    path: '/api/v1/snapshots',
    summary: 'List restore points, newest first',
    description:
      'As the catalogue remembers them. With `fresh=true` the repositories themselves are read, which takes a moment.',
    role: 'viewer',
    query: z.strictObject({
      source: nameSchema.optional(),
      repository: nameSchema.optional(),
      fresh: z.enum(['true', 'false']).default('false'),
      limit: limitSchema,
      before: cursorSchema,
    }),
    reply: {
      kind: 'json',
      schema: z.strictObject({
        snapshots: z.array(snapshotViewSchema),
        before: z.string().optional().describe('To ask for the next page with; absent on the last.'),
      }),
    },
  }),
  'snapshots.get': defineRoute({
    name: 'snapshots.get',
    method: 'GET',
    path: '/api/v1/repositories/:repository/snapshots/:snapshot',
    summary: 'Show what a repository says of a snapshot',
    role: 'viewer',
    params: snapshotParamsSchema,
    reply: { kind: 'json', schema: snapshotDetailsSchema },
  }),
  'snapshots.files': defineRoute({
    name: 'snapshots.files',
    method: 'GET',
    path: '/api/v1/repositories/:repository/snapshots/:snapshot/files',
    summary: 'List a directory of a snapshot',
    description: 'In byte order of the names.',
    role: 'viewer',
    params: snapshotParamsSchema,
    query: z.strictObject({
      path: pathQuerySchema,
      limit: z.coerce.number().int().min(1).max(10_000).default(1000),
      after: z.string().max(4096).optional().describe('`after` of the page before: the last name of it.'),
    }),
    reply: {
      kind: 'json',
      schema: z.strictObject({
        path: z.string(),
        entries: z.array(entryViewSchema),
        total: z.number().describe('Entries of the directory.'),
        after: z.string().optional().describe('To ask for the next page with; absent on the last.'),
      }),
    },
  }),
  'snapshots.download': defineRoute({
    name: 'snapshots.download',
    method: 'GET',
    path: '/api/v1/repositories/:repository/snapshots/:snapshot/download',
    summary: 'Download a file of a snapshot, or a directory as a tar archive',
    description:
      'Of a file the length is known beforehand: a transfer that is cut short shows. An archive that could not be finished lacks its end, and its connection is cut.',
    role: 'operator',
    act: 'snapshot.download',
    params: snapshotParamsSchema,
    query: z.strictObject({ path: pathQuerySchema }),
    reply: { kind: 'file' },
  }),
  'snapshots.diff': defineRoute({
    name: 'snapshots.diff',
    method: 'GET',
    path: '/api/v1/repositories/:repository/snapshots/:snapshot/diff',
    summary: 'Compare a snapshot with a later one of the same repository',
    role: 'viewer',
    params: snapshotParamsSchema,
    query: z.strictObject({
      with: snapshotIdSchema.describe('The later one.'),
      limit: z.coerce.number().int().min(1).max(10_000).default(1000),
    }),
    reply: {
      kind: 'json',
      schema: z.strictObject({
        changes: z
          .array(z.strictObject({ change: z.string(), path: z.string() }))
          .describe(
            '+ added, - removed, M content changed, T type changed; in the order of the paths, the first ones.',
          ),
        total: z.number().describe('How many there are in all.'),
        changedFiles: z.number(),
        added: sideSchema,
        removed: sideSchema,
      }),
    },
  }),
}
