import { z } from 'zod'
import { roles } from '../../access/role.ts'
import { secretSchema } from './secret-schema.ts'
import { textSchema } from './text-schema.ts'

const issuerForm = 'must be an address that begins with https://, such as https://id.example.org/realms/ops'

/** Over plain HTTP anybody between could be anybody; only to this machine there is nobody between. */
const issuerSchema = z
  .string({ error: issuerForm })
  .regex(/^(?:https:\/\/|http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost)[:/])\S+$/, { error: issuerForm })
  .meta({ examples: ['https://id.example.org/realms/ops'] })

const groups = (role: string) =>
  z.array(textSchema).prefault([]).describe(`Who has one of these values of the claim is ${role}.`)

const roleSchema = z.strictObject({
  claim: textSchema.prefault('groups').describe('Claim of the identity whose values say the role; a text or a list.'),
  admin: groups('admin'),
  operator: groups('operator'),
  viewer: groups('viewer'),
  default: z
    .enum([...roles, 'none'])
    .prefault('none')
    .describe('The role of everybody else whom the provider knows; none: they are not let in.'),
})

const oidcSchema = z.strictObject({
  issuer: issuerSchema.describe('Where the provider is, as it calls itself.'),
  clientId: textSchema.describe(
    'How this server is called there. Its redirect address there is https://<server>/access/oidc/callback.',
  ),
  clientSecret: secretSchema.describe('What it proves that with.'),
  scopes: z
    .array(textSchema)
    .prefault(['openid', 'profile', 'email'])
    .describe('What is asked for; some providers give groups only with a scope of their own.'),
  roles: roleSchema.prefault({}).describe('Who may do what. The greatest role that fits holds.'),
})

/** The part of `server` that says who may ask it. */
export const accessFields = {
  auth: z
    .enum(['loopback-open', 'required'])
    .prefault('loopback-open')
    .describe('Whether one has to sign in on a loopback address, too. On every other address one always has to.'),
  tls: z
    .strictObject({
      certificate: textSchema
        .meta({ isPath: true })
        .describe('PEM file with the certificate and those it was signed with. Read again when it changes.'),
      key: textSchema.meta({ isPath: true }).describe('PEM file with its key.'),
    })
    .optional()
    .describe('Speak HTTPS. Off loopback there has to be this, or behindProxy.'),
  behindProxy: z
    .boolean()
    .prefault(false)
    .describe(
      'A proxy that speaks HTTPS is in front, and nothing but it reaches this address: its X-Forwarded-For, -Proto and -Host are believed.',
    ),
  metrics: z
    .enum(['signed-in', 'public'])
    .prefault('signed-in')
    .describe('Who may read /metrics where one has to sign in: those with a token of a viewer, or everybody.'),
  oidc: oidcSchema.optional().describe('People sign in at a provider of identities (OpenID Connect).'),
}
