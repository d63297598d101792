import { z } from 'zod'
import type { SecretReference } from '../secret-reference.ts'

const places = {
  env: z.string().min(1).optional().describe('Name of an environment variable.'),
  file: z
    .string()
    .min(1)
    .optional()
    .meta({ isPath: true })
    .describe('File that holds it; a newline at its end does not belong to it. Relative to this configuration file.'),
  command: z
    .array(z.string())
    .min(1)
    .optional()
    .describe('Program and arguments that print it, without a shell; ten seconds at most.'),
}

const neverHere =
  'is a secret, which never stands in this file: write { env: NAME }, { file: /path } or { command: [program, argument] }'

/** Where a secret is: exactly one of env, file and command. */
export const secretSchema = z
  .strictObject(places, { error: (issue) => (issue.code === 'invalid_type' ? neverHere : undefined) })
  .transform((given, issues) => toReference(given, issues, 'env, file or command'))
  .meta({ secret: true })

const written = z
  .strictObject({ ...places, text: z.string().min(1).optional().describe('The value itself.') })
  .transform((given, issues) => toReference(given, issues, 'env, file, command or text'))

/** The same for values that need not be secret: a text is the value itself. */
export const secretOrTextSchema = z
  .union([z.string().min(1), written])
  .transform((value): SecretReference => {
    return typeof value === 'string' ? { text: value } : value
  })
  .meta({ secret: true, shorthand: 'text' })

/** How a server is reached, as URI or key=value words: shown, and therefore without a password. */
export const connectionSchema = secretOrTextSchema
  .refine((reference) => !('text' in reference && holdsPassword(reference.text)), {
    error:
      'holds a password, which never stands in this file: leave it out and write password: { file: … }, or connection: { env: NAME }',
  })
  .meta({ isShown: true })

/** Of a URI or of key=value words. */
export function holdsPassword(connection: string): boolean {
  return /^[a-z0-9+:]+:\/\/[^/@]*:[^@]+@/i.test(connection) || /(?:^|[\s?&])password\s*=/i.test(connection)
}

interface Given {
  readonly env?: string | undefined
  readonly file?: string | undefined
  readonly command?: readonly string[] | undefined
  readonly text?: string | undefined
}

function toReference(given: Given, issues: z.RefinementCtx, choices: string): SecretReference {
  const { env, file, command, text } = given
  const named = Object.values(given).filter((value) => value !== undefined).length
  if (named === 1 && env !== undefined) return { env }
  if (named === 1 && file !== undefined) return { file }
  if (named === 1 && command !== undefined) return { command }
  if (named === 1 && text !== undefined) return { text }
  issues.addIssue({ code: 'custom', message: `must name one of ${choices}, and only one` })
  return z.NEVER
}
