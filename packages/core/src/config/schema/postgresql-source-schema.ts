import { z } from 'zod'
import { assertionsSchema, flushEverySchema } from './database-schema.ts'
import { connectionSchema, secretSchema } from './secret-schema.ts'
import { textSchema } from './text-schema.ts'

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
  flushEvery: flushEverySchema,
  assertions: assertionsSchema,
}
