import { z } from 'zod'
import { defineRoute } from '../route.ts'
import { instantSchema, nameSchema } from '../view/instant.ts'
import { runViewSchema } from '../view/run-view.ts'

const instanceParams = z.strictObject({ name: nameSchema.describe('Of the source.') })

/** Becomes a tag of the snapshot, and part of a path. */
const backupNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, {
    error: 'takes up to 100 letters, digits, dots, dashes and underscores, and begins with a letter or digit',
  })
  .meta({ examples: ['before-upgrade'] })

const backupSchema = z.strictObject({
  backupName: z.string().describe('As it was given, else the beginning of the snapshot’s id.'),
  createdAt: instantSchema,
  keptUntil: instantSchema.optional().describe('At least; absent: as long as the policy of the source says.'),
  bytes: z.number().min(0).optional(),
  isPinned: z.boolean(),
  copies: z.array(z.strictObject({ repository: z.string(), snapshot: z.string() })),
})

/** For clients of an earlier design. */
export const instanceRoutes = {
  'instances.backup': defineRoute({
    name: 'instances.backup',
    method: 'POST',
    path: '/instances/:name/backup',
    summary: 'Back up a source under a name',
    role: 'operator',
    isRepeatable: true,
    act: 'run.start',
    subject: ['backupName'],
    params: instanceParams,
    body: z.strictObject({
      backupName: backupNameSchema,
      retentionDays: z.int().min(1).max(36_500).describe('It is kept at least so long.'),
    }),
    reply: { kind: 'json', schema: runViewSchema, status: 202 },
  }),
  'instances.restore': defineRoute({
    name: 'instances.restore',
    method: 'POST',
    path: '/instances/:name/restore',
    summary: 'Restore a named backup to a new directory',
    description: 'Below the first directory of `server.restoreTo`; nothing that exists is written over.',
    role: 'operator',
    isRepeatable: true,
    act: 'restore.start',
    subject: ['backupName', 'newInstanceName'],
    params: instanceParams,
    body: z.strictObject({
      backupName: backupNameSchema,
      newInstanceName: backupNameSchema.describe('Name of the new directory.'),
      size: z
        .union([z.int().min(1), z.string().regex(/^\d{1,12}(?:[KMGT]i?B?|B)?$/i)])
        .describe('What it may take: bytes, or with a unit such as 20GiB.')
        .meta({ examples: ['20GiB', 1_073_741_824] }),
    }),
    reply: { kind: 'json', schema: runViewSchema, status: 202 },
  }),
  'instances.backups': defineRoute({
    name: 'instances.backups',
    method: 'GET',
    path: '/instances/:name/backups',
    summary: 'List the backups of a source, newest first',
    role: 'viewer',
    params: instanceParams,
    reply: { kind: 'json', schema: z.strictObject({ backups: z.array(backupSchema) }) },
  }),
  'instances.remove': defineRoute({
    name: 'instances.remove',
    method: 'DELETE',
    path: '/instances/:name/backups/:backup',
    summary: 'Remove a backup of a source from all repositories',
    description: 'Refused for one that is pinned, and for the newest that was proven to be restorable.',
    role: 'operator',
    isRepeatable: true,
    act: 'snapshot.forget',
    params: instanceParams.extend({ backup: backupNameSchema.describe('Its name, or the id of a snapshot.') }),
    reply: { kind: 'json', schema: runViewSchema, status: 202 },
  }),
}
