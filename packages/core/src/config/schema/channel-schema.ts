import { z } from 'zod'
import { secretOrTextSchema, secretSchema } from './secret-schema.ts'
import { textSchema } from './text-schema.ts'

const address = textSchema.refine((text) => /^[^@\s]+@[^@\s]+$/.test(text.replace(/^.*<(.*)>$/, '$1')), {
  error: 'must be an e-mail address',
})

const slackUrl = secretOrTextSchema.describe(
  'The incoming webhook. Who knows it can write: refer to it by env or file.',
)

const slack = z.strictObject({ type: z.literal('slack'), url: slackUrl })
const discord = z.strictObject({ type: z.literal('discord'), url: slackUrl })
const email = z.strictObject({
  type: z.literal('email'),
  smtp: z
    .strictObject({
      host: textSchema.describe('Mail server.'),
      port: z.int({ error: 'must be a port' }).min(1).max(65_535).prefault(587).describe('Its port.'),
      user: textSchema.optional().describe('User to log in as.'),
      password: secretSchema.optional().describe('Password of that user.'),
      tls: z.enum(['always', 'starttls', 'never']).prefault('starttls').describe('How the connection is encrypted.'),
    })
    .describe('How mail is handed over.'),
  from: address.describe('Sender.'),
  to: z.array(address).min(1, { error: 'names nobody' }).describe('Recipients.'),
})
const pagerduty = z.strictObject({
  type: z.literal('pagerduty'),
  routingKey: secretSchema.describe('Integration key of the service.'),
  url: z.url({ error: 'must be a URL' }).prefault('https://events.pagerduty.com').describe('Of the events API.'),
})
const telegram = z.strictObject({
  type: z.literal('telegram'),
  token: secretSchema.describe('Token of the bot.'),
  chat: z.union([z.string(), z.int()]).transform(String).describe('Id of the chat, or @channel.'),
  url: z.url({ error: 'must be a URL' }).prefault('https://api.telegram.org').describe('Of the bot API.'),
})
const ntfy = z.strictObject({
  type: z.literal('ntfy'),
  url: secretOrTextSchema.describe('Server and topic: https://ntfy.sh/my-topic.'),
  token: secretSchema.optional().describe('Access token.'),
})
const webhook = z.strictObject({
  type: z.literal('webhook'),
  url: secretOrTextSchema.describe('Where findings are posted as JSON.'),
  signingSecret: secretSchema.optional().describe('Key of the HMAC-SHA256 signature.'),
})
const command = z.strictObject({
  type: z.literal('command'),
  command: z
    .array(z.string())
    .min(1, { error: 'names no program' })
    .describe('Program and arguments; it is given JSON on its input.'),
})

/** Where notifications go. */
export const channelSchema = z.discriminatedUnion(
  'type',
  [slack, discord, email, pagerduty, telegram, ntfy, webhook, command],
  {
    error: (issue) =>
      issue.code === 'invalid_union'
        ? 'must be one of slack, discord, email, pagerduty, telegram, ntfy, webhook, command'
        : undefined,
  },
)

export type ParsedChannel = z.output<typeof channelSchema>
