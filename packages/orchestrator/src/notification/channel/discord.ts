import type { Channel, ResolveSecret } from '../channel.ts'
import { httpPost } from '../http-post.ts'
import type { Message, Notice } from '../message.ts'
import { headline, moreText, noticeBody, noticeTitle, truncate } from '../message-text.ts'
import type { UrlChannel } from './channel-settings.ts'

/** A message of Discord holds 10 embeds, and 6000 characters in all of them. */
const shownNotices = 8
const descriptionLimit = 450
const titleLimit = 240

const colours = { critical: 0xd9_2d_20, warning: 0xf7_90_09, info: 0x2e_90_fa, resolved: 0x12_b7_6a }

/** Webhook of a Discord channel. Source: Discord's developer documentation, "Execute Webhook". */
export function createDiscordChannel({ name, url }: UrlChannel, resolveSecret: ResolveSecret): Channel {
  return {
    name,
    send: async (message, ctx) => {
      const body = JSON.stringify(discordPayload(message))
      await httpPost({ channel: name, url: await resolveSecret(url), body }, ctx)
    },
  }
}

function discordPayload(message: Message): object {
  const { notices, isTest, host } = message
  const more = moreText(Math.max(0, notices.length - shownNotices))
  return {
    username: 'Holdfast',
    content: truncate([headline(message), ...(more === '' ? [] : [more])].join('\n'), 2000),
    // A source may be called @everyone; nobody is mentioned.
    allowed_mentions: { parse: [] },
    embeds: notices.slice(0, shownNotices).map((notice) => embed(notice, isTest, host)),
  }
}

function embed(notice: Notice, isTest: boolean, host: string): object {
  const { event, finding } = notice
  return {
    title: truncate(isTest ? `TEST: ${finding.title}` : noticeTitle(notice), titleLimit),
    description: truncate(noticeBody(notice, isTest), descriptionLimit),
    color: event === 'resolved' ? colours.resolved : colours[finding.severity],
    timestamp: (finding.resolvedAt ?? finding.lastSeenAt).toISOString(),
    footer: { text: truncate(`Holdfast on ${host}`, 60) },
  }
}
