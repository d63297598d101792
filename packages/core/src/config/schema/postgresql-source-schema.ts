import { z } from 'zod'
import { connectionSchema, secretSchema } from './secret-schema.ts'
import { durationSchema, textSchema } from './text-schema.ts'

export const postgresqlSourceShape = {
  type: z.literal('postgresql'),
  connection: connectionSchema.describe('postgresql://user@host:port or key=value words, without the password.'),
  password: secretSchema
    .optional()
    .describe('The password of the role; else ~/.pgpass and service files are read as psql does.'),
  method: z
    .enum(['wire', 'direct', 'logical'])
    .prefault('wire')
    .describe(
      '"wire": over the replication protocol. "direct": reading the data directory on this machine in parallel. "logical": dumps by pg_dump.',
    ),
  dataDirectory: textSchema
    .optional()
    .describe('Direct: where the data directory is seen from here; else where the server says.'),
  databases: z.array(textSchema).prefault([]).describe('Logical: which databases; all when empty.'),
  slot: z
    .string()
    .regex(/^[a-z0-9_]{1,63}$/, { error: 'is no name of a slot: up to 63 small letters, digits and underscores' })
    .optional()
    .describe('Replication slot of the log; holdfast_<source> when absent.'),
  flushEvery: durationSchema
    .refine((durationMs) => durationMs >= 100 && durationMs <= 3_600_000, { error: 'must be from 100ms to 1h' })
    .prefault('10s')
    .describe('Log continuous: what was committed is stored after so long at the latest.'),
  assertions: z
    .array(
      z.strictObject({
        database: textSchema.describe('Database to ask.'),
        sql: textSchema.describe('Statement whose single value must be true.'),
      }),
    )
    .prefault([])
    .describe('What must be true in every proof.'),
}
