import type { Channel, ResolveSecret } from '../channel.ts'
import { httpPost } from '../http-post.ts'
import { plainText } from '../message-text.ts'
import type { ChannelOf } from './channel-settings.ts'

/** characters of a message that Telegram takes */
const textLimit = 4096

/**
 * A bot of Telegram that writes into a chat. Plain text, because names may hold what its markup gives a meaning to. Source: Telegram
 * Bot API, "sendMessage".
 */
export function createTelegramChannel(
  { name, token, chat, url }: ChannelOf<'telegram'>,
  resolveSecret: ResolveSecret,
): Channel {
  return {
    name,
    send: async (message, ctx) => {
      const secret = (await resolveSecret(token)).trim()
      const isUrgent = message.notices.some(({ event, finding }) => event !== 'resolved' && finding.severity !== 'info')
      const body = JSON.stringify({
        chat_id: chat,
        text: plainText(message, textLimit),
        link_preview_options: { is_disabled: true },
        disable_notification: !isUrgent,
      })
      const address = `${url.replace(/\/+$/, '')}/bot${secret}/sendMessage`
      await httpPost({ channel: name, url: address, body, secrets: [secret] }, ctx)
    },
  }
}
