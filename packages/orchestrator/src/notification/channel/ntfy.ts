import { AppError } from '@holdfast/core/errors/app-error'
import type { Channel, ResolveSecret } from '../channel.ts'
import { httpPost } from '../http-post.ts'
import type { Message } from '../message.ts'
import { headline, plainText, truncate } from '../message-text.ts'
import type { ChannelOf } from './channel-settings.ts'

/** bytes of a message that ntfy shows; longer ones become a file */
const messageLimitBytes = 4096

/**
 * A topic of ntfy, given by its address ("https://ntfy.sh/backups-7f3a"). Published as JSON to the server's root, because
 * headers could not carry every character. Source: ntfy's documentation, "Publish as JSON".
 */
export function createNtfyChannel({ name, url, token }: ChannelOf<'ntfy'>, resolveSecret: ResolveSecret): Channel {
  return {
    name,
    send: async (message, ctx) => {
      const { root, topic } = splitTopic(await resolveSecret(url), name)
      const secret = token === undefined ? undefined : (await resolveSecret(token)).trim()
      await httpPost(
        {
          channel: name,
          url: root,
          ...(secret === undefined ? {} : { headers: { authorization: `Bearer ${secret}` } }),
          body: JSON.stringify({ topic, ...ntfyContent(message) }),
          secrets: [topic, ...(secret === undefined ? [] : [secret])],
        },
        ctx,
      )
    },
  }
}

/** Who knows the topic can read it, so it is a secret too. A server may live under a path. */
function splitTopic(address: string, channel: string): { readonly root: string; readonly topic: string } {
  const parsed = URL.parse(address.trim())
  const parts = parsed?.pathname.split('/').filter((part) => part !== '') ?? []
  const topic = parts.pop()
  if (parsed === null || topic === undefined) {
    throw new AppError('CHANNEL_REFUSED', { channel, reason: 'its address does not end in a topic' })
  }
  parsed.pathname = parts.length === 0 ? '/' : `/${parts.join('/')}/`
  parsed.search = ''
  return { root: parsed.href, topic: decodeURIComponent(topic) }
}

function ntfyContent(message: Message): object {
  const [first] = message.notices
  const look =
    first === undefined || first.event === 'resolved'
      ? { priority: 2, tags: ['white_check_mark'] }
      : {
          critical: { priority: 5, tags: ['rotating_light'] },
          warning: { priority: 4, tags: ['warning'] },
          info: { priority: 3, tags: ['information_source'] },
        }[first.finding.severity]
  let limit = messageLimitBytes
  let text = plainText(message, limit)
  while (Buffer.byteLength(text) > messageLimitBytes) text = plainText(message, (limit -= 256))
  return { title: truncate(headline(message), 200), message: text, ...look }
}
