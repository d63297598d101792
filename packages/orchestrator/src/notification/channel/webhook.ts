import { createHmac } from 'node:crypto'
import type { Channel, ResolveSecret } from '../channel.ts'
import { httpPost } from '../http-post.ts'
import { messagePayload } from '../message-payload.ts'
import type { ChannelOf } from './channel-settings.ts'

/**
 * POST of JSON to any address. With a secret it is signed: `Holdfast-Signature: t=<seconds>,v1=<hex>`, where v1 is the
 * HMAC-SHA256 of "<seconds>.<body>"; a receiver compares it and refuses old timestamps, so that nothing can be replayed.
 * `Holdfast-Delivery` is the same when a message comes again.
 */
export function createWebhookChannel(
  { name, url, signingSecret }: ChannelOf<'webhook'>,
  resolveSecret: ResolveSecret,
): Channel {
  return {
    name,
    send: async (message, ctx) => {
      const body = JSON.stringify(messagePayload(message))
      const secret = signingSecret === undefined ? undefined : await resolveSecret(signingSecret)
      const headers = {
        'holdfast-delivery': message.id,
        ...(secret === undefined ? {} : { 'holdfast-signature': signature(body, secret, ctx.now()) }),
      }
      const secrets = secret === undefined ? [] : [secret]
      await httpPost({ channel: name, url: await resolveSecret(url), headers, body, secrets }, ctx)
    },
  }
}

function signature(body: string, secret: string, now: Date): string {
  const seconds = Math.floor(now.getTime() / 1000)
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`
}
