import { z } from 'zod'
import { assertionsSchema, flushEverySchema } from './database-schema.ts'
import { connectionSchema, secretSchema } from './secret-schema.ts'
import { textSchema } from './text-schema.ts'

export const mysqlSourceShape = {
  type: z.literal('mysql'),
  connection: connectionSchema
    .refine((reference) => !('text' in reference) || /^(?:mysql|mariadb):\/\//.test(reference.text), {
      error: 'is no address of a server: mysql://user@host:port, or mariadb://',
    })
    .refine((reference) => !('text' in reference) || !/^[a-z]+:\/\/[^/?]*\/[^?]/.test(reference.text), {
      error: 'names a database: leave it out, and write databases: [name] if the others are not to be backed up',
    })
    .describe(
      'mysql://user@host:port, without the password; mariadb:// is the same. Of several hosts, db1,db2, the one that takes writes.',
    ),
  password: secretSchema
    .optional()
    .describe('The password of the account; else MYSQL_PWD and [client] of ~/.my.cnf are read as mysql does.'),
  method: z
    .enum(['logical', 'direct'])
    .prefault('logical')
    .describe(
      '"logical": dumps by mariadb-dump or mysqldump. "direct": the data directory on this machine, by mariadb-backup.',
    ),
  dataDirectory: textSchema
    .optional()
    .describe('Direct: where the data directory is seen from here; else where the server says.'),
  databases: z
    .array(textSchema)
    .prefault([])
    .describe('Logical: which databases; all when empty. A log is followed only of all of them.'),
  lockAllTables: z
    .boolean()
    .prefault(false)
    .describe('Logical: let nobody write while the dump runs, for tables that know no transactions.'),
  parallelDumps: z
    .int()
    .min(1, { error: 'must be at least 1' })
    .max(64, { error: 'must be at most 64' })
    .prefault(1)
    .describe(
      'Logical: dump programs that work at once; where large tables are divided some more, each with a connection. More than one begin under a short lock of the whole server, which needs RELOAD.',
    ),
  serverId: z
    .int()
    .min(1, { error: 'must be at least 1' })
    .max(0xffff_ffff, { error: 'must be at most 4294967295' })
    .optional()
    .describe(
      'Log continuous: number of the follower, which no replica of the server may have; else made of the name.',
    ),
  flushEvery: flushEverySchema,
  assertions: assertionsSchema,
}
