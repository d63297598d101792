import type { Channel, ResolveSecret } from '../channel.ts'
import { httpPost } from '../http-post.ts'
import type { Message, Notice } from '../message.ts'
import { headline, moreText, noticeBody, noticeTitle, truncate } from '../message-text.ts'
import type { UrlChannel } from './channel-settings.ts'

/** Findings shown one by one; a message of Slack holds 50 blocks at most. */
const shownNotices = 10
/** characters of a section's text that Slack takes */
const sectionLimit = 3000

/** Incoming webhook of Slack (and of what imitates it: Mattermost, Rocket.Chat). Source: Slack, "Sending messages using incoming webhooks". */
export function createSlackChannel({ name, url }: UrlChannel, resolveSecret: ResolveSecret): Channel {
  return {
    name,
    send: async (message, ctx) => {
      const body = JSON.stringify(slackPayload(message))
      await httpPost({ channel: name, url: await resolveSecret(url), body }, ctx)
    },
  }
}

function slackPayload(message: Message): object {
  const { notices, isTest, host } = message
  const more = moreText(Math.max(0, notices.length - shownNotices))
  const sections = notices.slice(0, shownNotices).map((notice) => section(noticeText(notice, isTest)))
  return {
    // What a notification on a phone shows, and where blocks are not understood.
    text: escape(headline(message)),
    blocks: [
      ...sections,
      ...(more === '' ? [] : [section(more)]),
      { type: 'context', elements: [{ type: 'mrkdwn', text: escape(`Holdfast on ${host}`) }] },
    ],
  }
}

function section(text: string): object {
  return { type: 'section', text: { type: 'mrkdwn', text: truncate(text, sectionLimit) } }
}

function noticeText(notice: Notice, isTest: boolean): string {
  const title = isTest ? `TEST: ${notice.finding.title}` : noticeTitle(notice)
  return `${symbol(notice)} *${escape(title)}*\n${escape(noticeBody(notice, isTest))}`
}

function symbol({ event, finding }: Notice): string {
  if (event === 'resolved') return ':white_check_mark:'
  return { critical: ':rotating_light:', warning: ':warning:', info: ':information_source:' }[finding.severity]
}

/** The three characters that Slack gives a meaning to; a name cannot mention @channel or make a link. */
function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
