import { z } from 'zod'
import { instantSchema, nameSchema } from './instant.ts'

const gatewayRoleSchema = z.enum(['off', 'append-only', 'write-only'])

/** An agent, and how it stands. */
export const agentViewSchema = z.strictObject({
  name: z.string(),
  state: z
    .enum(['unknown', 'invited', 'connected', 'away', 'removed'])
    .describe('`unknown`: never let in; `removed`: not in the configuration any more, but still let in.'),
  gateway: gatewayRoleSchema,
  sources: z.array(z.string()),
  enrolledAt: instantSchema.optional(),
  seenAt: instantSchema.optional(),
  version: z.string().optional(),
  address: z.string().optional().describe('Where its last request came from.'),
})

/** Who asks, beside the name, which its secret says. */
export const agentSelfSchema = z.strictObject({
  protocol: z.int().min(0).max(1_000_000),
  version: z.string().min(1).max(60),
  instance: z
    .string()
    .regex(/^[\w-]{1,40}$/)
    .describe('Of this process of the agent: another one after each start.'),
})
export type AgentSelf = z.output<typeof agentSelfSchema>

const secretSchema = z
  .union([
    z.strictObject({ env: z.string() }),
    z.strictObject({ file: z.string() }),
    z.strictObject({ command: z.array(z.string()) }),
    z.strictObject({ text: z.string() }),
  ])
  .describe('Where a secret is on the machine of the agent; a text only where it need not be secret.')

const count = z.number().min(0)

/** A backup to be made, with all that has to be known for it. */
export const assignmentSchema = z.strictObject({
  run: z.strictObject({
    id: z.string(),
    arguments: z.record(z.string(), z.string()),
    attempt: count,
    attempts: count,
    timeoutMs: count,
  }),
  source: z.strictObject({
    name: z.string(),
    copyMethod: z.enum(['fan-out', 'copy']),
    workload: z
      .looseObject({ type: z.enum(['files', 'command', 'postgresql', 'mysql']) })
      .describe('What is backed up, with the settings of its type.'),
  }),
  repositories: z
    .array(
      z.strictObject({
        name: z.string(),
        location: z.string().describe('Absent where the gateway is to be used.').optional(),
        password: secretSchema,
        variables: z.record(z.string(), secretSchema),
        options: z.record(z.string(), z.string()),
        uploadBytesPerSecond: count.optional(),
        downloadBytesPerSecond: count.optional(),
      }),
    )
    .min(1)
    .describe('Where it goes, in their order.'),
})

const text = (longest: number) => z.string().max(longest)
const figure = z.number().min(0).max(Number.MAX_SAFE_INTEGER)
const snapshotIdSchema = z.string().regex(/^[0-9a-f]{64}$/)

/** What came of a run, as its agent says. */
export const agentOutcomeSchema = z.strictObject({
  state: z.enum(['succeeded', 'partial', 'failed', 'cancelled', 'timed-out']),
  result: z
    .strictObject({
      snapshots: z.record(nameSchema, snapshotIdSchema).optional(),
      filesNew: figure.optional(),
      filesChanged: figure.optional(),
      filesUnmodified: figure.optional(),
      bytesRead: figure.optional(),
      bytesAdded: figure.optional(),
      bytesStored: figure.optional(),
      problems: z.array(text(2_000)).max(40).optional(),
    })
    .optional(),
  error: z
    .strictObject({ code: z.string().regex(/^[A-Z][A-Z0-9_]{0,60}$/), message: text(4_000), hint: text(2_000) })
    .optional(),
  retryInMs: z.number().min(0).max(86_400_000).optional().describe('It may be tried again, after this.'),
})

/** What a run noted for the catalogue. */
export const agentReportSchema = z.strictObject({
  snapshots: z
    .array(
      z.strictObject({
        repository: nameSchema,
        snapshotId: snapshotIdSchema,
        time: instantSchema,
        bytes: figure.optional(),
        bytesAdded: figure.optional(),
      }),
    )
    .max(100),
  figures: z
    .array(z.strictObject({ figure: z.string().regex(/^[a-z][a-z-]{0,60}$/), at: instantSchema, value: figure }))
    .max(50),
  rowDrops: z
    .strictObject({
      at: instantSchema,
      beforeAt: instantSchema,
      drops: z.array(z.strictObject({ table: text(400), before: figure, now: figure })).max(20),
    })
    .optional()
    .describe('Tables that have lost rows since the backup before; absent when none has.'),
})

/** What happens during a run; the progress is total so far. */
export const agentEventSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('message.noted'), level: z.enum(['info', 'warning']), message: text(4_000) }),
  z.strictObject({ type: z.literal('finding.noted'), code: text(80), message: text(4_000), hint: text(2_000) }),
  z.strictObject({
    type: z.literal('item.failed'),
    during: z.enum(['scan', 'archival', 'restore', 'verify', 'check', 'copy', 'prune']),
    item: text(4_096),
    error: text(4_000),
  }),
  z.strictObject({ type: z.literal('lock.removed'), lock: text(80), reason: text(1_000) }),
  z.strictObject({
    type: z.literal('request.retried'),
    action: text(80),
    file: text(400),
    attempt: figure,
    delayMs: figure,
    error: text(4_000),
  }),
  z.strictObject({
    type: z.literal('backup.progressed'),
    filesDone: figure,
    bytesDone: figure,
    totalFiles: figure.optional(),
    totalBytes: figure.optional(),
    errors: figure,
    currentFiles: z.array(text(4_096)).max(16),
  }),
])
export type AgentEvent = z.output<typeof agentEventSchema>
