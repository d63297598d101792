import { roles } from '@holdfast/core/access/role'
import { z } from 'zod'
import { instantSchema } from './instant.ts'

export const roleSchema = z.enum(roles)

/** Of a user or token, as it comes in; names are compared in lower case. */
export const accessNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._@+-]{0,62}$/)
  .meta({ examples: ['alice'] })

/** As it comes in; whether it is good enough is answered with PASSWORD_UNFIT. */
export const passwordSchema = z.string().min(1).max(1024).meta({ format: 'password' })

/** Who asks, and how people sign in here. */
export const sessionViewSchema = z.strictObject({
  caller: z.strictObject({
    kind: z.enum(['local', 'user', 'token', 'agent', 'nobody']),
    name: z.string(),
    role: z.enum([...roles, 'agent', 'none']),
    sources: z.array(z.string()).optional().describe('Only these are seen; absent: all.'),
  }),
  signIn: z.strictObject({
    isNeeded: z.boolean().describe('Whether nobody is signed in and one has to.'),
    provider: z
      .string()
      .optional()
      .describe('Where signing in at the provider of identities begins; absent: there is none.'),
  }),
})

export const userViewSchema = z.strictObject({
  name: z.string(),
  role: roleSchema,
  signsIn: z.enum(['password', 'provider']),
  createdAt: instantSchema,
})

export const tokenViewSchema = z.strictObject({
  name: z.string(),
  owner: z.string().optional().describe("Whose it is; absent: nobody's."),
  role: roleSchema,
  sources: z.array(z.string()).optional().describe('Only these are seen; absent: all.'),
  createdAt: instantSchema,
  expiresAt: instantSchema.optional().describe('Absent: it lasts until it is revoked.'),
  usedAt: instantSchema.optional().describe('To the minute.'),
})

export const auditViewSchema = z.strictObject({
  sequence: z.number().int(),
  at: instantSchema,
  callerKind: z.string(),
  caller: z.string(),
  act: z.string(),
  subject: z.string(),
  outcome: z.string(),
  detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  hash: z.string().describe('SHA-256 over this row and the hash of the one before.'),
})

export const auditVerdictSchema = z.strictObject({
  checked: z.number().int().describe('Rows that follow from one another, from the first.'),
  head: z.strictObject({ sequence: z.number().int(), hash: z.string() }),
  broken: z
    .strictObject({ sequence: z.number().int(), reason: z.string() })
    .optional()
    .describe('The first row that was changed, removed or put in; absent: none was.'),
})
