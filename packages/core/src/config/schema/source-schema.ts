import { z } from 'zod'
import { commandSourceShape } from './command-source-schema.ts'
import { filesSourceShape } from './files-source-schema.ts'
import { mysqlSourceShape } from './mysql-source-schema.ts'
import { postgresqlSourceShape } from './postgresql-source-schema.ts'
import { promiseShape, wholePromiseShape } from './promise-schema.ts'
import { nameSchema, textSchema } from './text-schema.ts'

const aboutSource = {
  tier: nameSchema
    .prefault('important')
    .describe('The promise made for it; every field of a tier may be said here as well.'),
  agent: nameSchema
    .optional()
    .describe('The agent that backs it up, because only that machine can reach it; a server when absent.'),
  labels: z.record(textSchema, z.string()).prefault({}).describe('Anything worth knowing about it: { team: shop }.'),
  residency: z
    .record(textSchema, z.union([z.string(), z.array(z.string()).min(1)]))
    .prefault({})
    .describe('Labels that a repository must have to hold it: { region: [eu] }. Any repository when empty.'),
}

const unknownType = (known: readonly string[]) => `must be one of ${known.join(', ')}`

/** A protected workload, as it is written: what is not said, its tier says. One shape for each type. */
export const sourceSchema = z.discriminatedUnion(
  'type',
  [
    z.strictObject({ ...filesSourceShape, ...aboutSource, ...promiseShape }),
    z.strictObject({ ...commandSourceShape, ...aboutSource, ...promiseShape }),
    z.strictObject({ ...postgresqlSourceShape, ...aboutSource, ...promiseShape }),
    z.strictObject({ ...mysqlSourceShape, ...aboutSource, ...promiseShape }),
  ],
  {
    error: (issue) =>
      issue.code === 'invalid_union' ? unknownType(['files', 'command', 'postgresql', 'mysql']) : undefined,
  },
)

/** The same with everything said. */
export const wholeSourceSchema = z.discriminatedUnion('type', [
  z.strictObject({ ...filesSourceShape, ...aboutSource, ...wholePromiseShape }),
  z.strictObject({ ...commandSourceShape, ...aboutSource, ...wholePromiseShape }),
  z.strictObject({ ...postgresqlSourceShape, ...aboutSource, ...wholePromiseShape }),
  z.strictObject({ ...mysqlSourceShape, ...aboutSource, ...wholePromiseShape }),
])

export type WholeSource = z.output<typeof wholeSourceSchema>
