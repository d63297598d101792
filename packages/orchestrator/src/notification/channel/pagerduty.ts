import { createHash } from 'node:crypto'
import { subjectKey } from '../../finding/finding-key.ts'
import type { Channel, ResolveSecret } from '../channel.ts'
import { httpPost } from '../http-post.ts'
import type { Message, Notice } from '../message.ts'
import { noticeBody, truncate } from '../message-text.ts'
import type { ChannelOf } from './channel-settings.ts'

/** characters of a dedup_key and of a summary that PagerDuty takes */
const keyLimit = 255
const summaryLimit = 1024

/**
 * PagerDuty's Events API v2: each finding is an alert, opened by `trigger` and closed by `resolve` with the same
 * dedup_key, so that what is sent twice is one alert. Source: PagerDuty, "Send an alert event".
 */
export function createPagerdutyChannel(
  { name, routingKey, url }: ChannelOf<'pagerduty'>,
  resolveSecret: ResolveSecret,
): Channel {
  return {
    name,
    // It takes some hundred events a minute: what it has taken must not count again.
    noticesAtOnce: 1,
    send: async (message, ctx) => {
      const secret = (await resolveSecret(routingKey)).trim()
      for (const notice of message.notices) {
        for (const event of pagerdutyEvents(notice, message)) {
          const body = JSON.stringify({ routing_key: secret, ...event })
          await httpPost({ channel: name, url: `${url.replace(/\/+$/, '')}/v2/enqueue`, body, secrets: [secret] }, ctx)
        }
      }
    },
  }
}

/** A test is closed again at once, so that it pages nobody for long. */
function pagerdutyEvents(notice: Notice, message: Message): object[] {
  const { event, finding } = notice
  const dedup_key = dedupKey(finding.key)
  const resolve = { event_action: 'resolve', dedup_key }
  if (event === 'resolved') return [resolve]
  const trigger = {
    event_action: 'trigger',
    dedup_key,
    client: 'Holdfast',
    payload: {
      summary: truncate(message.isTest ? `TEST: ${finding.title}` : finding.title, summaryLimit),
      source: message.host,
      severity: finding.severity,
      timestamp: finding.firstSeenAt.toISOString(),
      component: subjectKey(finding.subject),
      class: finding.kind,
      custom_details: { what_to_do: noticeBody(notice, message.isTest), ...finding.figures },
    },
  }
  return message.isTest ? [trigger, resolve] : [trigger]
}

function dedupKey(key: string): string {
  const whole = `holdfast/${key}`
  if (whole.length <= keyLimit) return whole
  return `holdfast/sha256/${createHash('sha256').update(key).digest('hex')}`
}
