import { z } from 'zod'
import { defineRoute } from '../route.ts'
import {
  accessNameSchema,
  auditVerdictSchema,
  auditViewSchema,
  passwordSchema,
  roleSchema,
  sessionViewSchema,
  tokenViewSchema,
  userViewSchema,
} from '../view/access-view.ts'
import { instantSchema, nameSchema } from '../view/instant.ts'
import { limitSchema } from '../view/page.ts'

const userParams = z.strictObject({ user: accessNameSchema })
const nothing = z.strictObject({})
/** Without control characters, which no database looks for. */
const soughtSchema = z
  .string()
  .regex(/^[ -~\u00a0-\uffff]{1,200}$/)
  .meta({ examples: ['alice'] })

const sessionRoutes = {
  'session.get': defineRoute({
    name: 'session.get',
    method: 'GET',
    path: '/api/v1/session',
    summary: 'Say who asks, and how people sign in',
    role: 'public',
    reply: { kind: 'json', schema: sessionViewSchema },
  }),
  'session.open': defineRoute({
    name: 'session.open',
    method: 'POST',
    path: '/api/v1/session',
    summary: 'Sign in',
    description:
      'The browser is given a cookie that no script can read; it ends after 12 hours without use and after 7 days. After five attempts that failed one waits, longer each time.',
    role: 'public',
    act: 'session.open',
    subject: ['name'],
    body: z.strictObject({ name: accessNameSchema, password: passwordSchema }),
    reply: { kind: 'json', schema: sessionViewSchema },
  }),
  'session.close': defineRoute({
    name: 'session.close',
    method: 'DELETE',
    path: '/api/v1/session',
    summary: 'Sign out',
    role: 'public',
    reply: { kind: 'json', schema: sessionViewSchema },
  }),
  'session.password': defineRoute({
    name: 'session.password',
    method: 'PUT',
    path: '/api/v1/session/password',
    summary: 'Change the own password',
    description: 'Ends all other sessions of the user.',
    role: 'viewer',
    act: 'user.password',
    body: z.strictObject({ password: passwordSchema.describe('The one until now.'), newPassword: passwordSchema }),
    reply: { kind: 'json', schema: sessionViewSchema },
  }),
}

const userRoutes = {
  'users.list': defineRoute({
    name: 'users.list',
    method: 'GET',
    path: '/api/v1/users',
    summary: 'List the users',
    role: 'admin',
    reply: { kind: 'json', schema: z.strictObject({ users: z.array(userViewSchema) }) },
  }),
  'users.add': defineRoute({
    name: 'users.add',
    method: 'POST',
    path: '/api/v1/users',
    summary: 'Add a user who signs in with a password',
    role: 'admin',
    act: 'user.add',
    subject: ['name', 'role'],
    body: z.strictObject({ name: accessNameSchema, role: roleSchema, password: passwordSchema }),
    reply: { kind: 'json', schema: userViewSchema, status: 201 },
  }),
  'users.role': defineRoute({
    name: 'users.role',
    method: 'PUT',
    path: '/api/v1/users/:user/role',
    summary: 'Give a user another role',
    description: 'Ends the sessions of the user. One admin always stays.',
    role: 'admin',
    act: 'user.role',
    subject: ['role'],
    params: userParams,
    body: z.strictObject({ role: roleSchema }),
    reply: { kind: 'json', schema: userViewSchema },
  }),
  'users.password': defineRoute({
    name: 'users.password',
    method: 'PUT',
    path: '/api/v1/users/:user/password',
    summary: 'Give a user another password',
    description: 'Ends the sessions of the user.',
    role: 'admin',
    act: 'user.password',
    params: userParams,
    body: z.strictObject({ password: passwordSchema }),
    reply: { kind: 'json', schema: userViewSchema },
  }),
  'users.remove': defineRoute({
    name: 'users.remove',
    method: 'DELETE',
    path: '/api/v1/users/:user',
    summary: 'Remove a user, with sessions and tokens',
    role: 'admin',
    act: 'user.remove',
    params: userParams,
    reply: { kind: 'json', schema: nothing },
  }),
}

const tokenRoutes = {
  'tokens.list': defineRoute({
    name: 'tokens.list',
    method: 'GET',
    path: '/api/v1/tokens',
    summary: 'List the own tokens; admins see all',
    role: 'viewer',
    reply: { kind: 'json', schema: z.strictObject({ tokens: z.array(tokenViewSchema) }) },
  }),
  'tokens.add': defineRoute({
    name: 'tokens.add',
    method: 'POST',
    path: '/api/v1/tokens',
    summary: 'Make a token',
    description: 'It can do no more than who makes it, and goes with its owner. Its secret is shown this once.',
    role: 'viewer',
    act: 'token.add',
    subject: ['name', 'role'],
    body: z.strictObject({
      name: accessNameSchema,
      role: roleSchema,
      sources: z.array(nameSchema).min(1).max(1000).optional().describe('Only these; absent: all.'),
      expiresInDays: z
        .union([z.int().min(1).max(3650), z.literal('never')])
        .default(365)
        .describe('Or "never".'),
    }),
    reply: {
      kind: 'json',
      schema: z.strictObject({ token: tokenViewSchema, secret: z.string().describe('"hf_…"') }),
      status: 201,
    },
  }),
  'tokens.revoke': defineRoute({
    name: 'tokens.revoke',
    method: 'DELETE',
    path: '/api/v1/tokens/:token',
    summary: 'Revoke an own token; admins any',
    role: 'viewer',
    act: 'token.revoke',
    params: z.strictObject({ token: accessNameSchema }),
    reply: { kind: 'json', schema: nothing },
  }),
}

const auditRoutes = {
  'audit.list': defineRoute({
    name: 'audit.list',
    method: 'GET',
    path: '/api/v1/audit',
    summary: 'List who changed what, or tried to, newest first',
    role: 'admin',
    query: z.strictObject({
      caller: soughtSchema.optional(),
      act: soughtSchema.optional(),
      since: instantSchema.optional(),
      before: z.coerce.number().int().min(1).optional().describe('Only rows before this one, for the next page.'),
      limit: limitSchema,
    }),
    reply: { kind: 'json', schema: z.strictObject({ entries: z.array(auditViewSchema) }) },
  }),
  'audit.verify': defineRoute({
    name: 'audit.verify',
    method: 'GET',
    path: '/api/v1/audit/verify',
    summary: 'Follow the chain of the audit log from its beginning',
    role: 'admin',
    reply: { kind: 'json', schema: auditVerdictSchema },
  }),
}

/** People, and what programs have instead of a name. */
export const peopleRoutes = { ...sessionRoutes, ...userRoutes, ...tokenRoutes, ...auditRoutes }
