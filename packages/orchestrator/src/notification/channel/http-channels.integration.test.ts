import { createHmac } from 'node:crypto'
import { quietContext } from '@holdfast/core/context'
import { describe, expect, it } from 'vitest'
import { findingOf, noon } from '../../finding/testing/view-fixture.ts'
import { messageOf, secretsOf } from '../testing/message-fixture.ts'
import { startReceiver } from '../testing/receiver.ts'
import { createTestMessage } from '../message.ts'
import { createDiscordChannel } from './discord.ts'
import { createNtfyChannel } from './ntfy.ts'
import { createPagerdutyChannel } from './pagerduty.ts'
import { createSlackChannel } from './slack.ts'
import { createTelegramChannel } from './telegram.ts'
import { createWebhookChannel } from './webhook.ts'

const ctx = quietContext({ now: () => noon })
const critical = findingOf({ kind: 'log-gap', severity: 'critical', title: 'the log of <!channel> & co has a gap' })
const resolved = findingOf({ resolvedAt: noon })
const test = createTestMessage('oncall', { host: 'web-1', now: noon })
const many = Array.from({ length: 40 }, (_, at) =>
  findingOf({ subject: { source: `source-${at}` }, detail: 'x'.repeat(5000) }),
)

/** Boundary: what the channel wrote as JSON, looked at by the test. */
// oxlint-disable-next-line typescript/no-explicit-any
const json = (body: string | undefined): any => JSON.parse(body ?? '')

describe('Slack', () => {
  it('gets text for the notification and blocks, with nothing in it that Slack would obey', async () => {
    await using server = await startReceiver()
    const url = { text: `${server.url}/services/T0/B0/xyz` }
    await createSlackChannel({ name: 'chat', type: 'slack', url }, secretsOf()).send(
      messageOf('opened', [critical]),
      ctx,
    )
    const [request] = server.received
    expect(request).toMatchObject({ method: 'POST', path: '/services/T0/B0/xyz' })
    expect(request?.headers['content-type']).toBe('application/json')
    const { text, blocks } = json(request?.body)
    expect(text).toBe('CRITICAL: the log of &lt;!channel&gt; &amp; co has a gap')
    expect(blocks[0]).toMatchObject({ type: 'section', text: { type: 'mrkdwn' } })
    expect(blocks[0].text.text).toMatch(
      /^:rotating_light: \*CRITICAL: the log of &lt;!channel&gt; &amp; co has a gap\*\n/,
    )
    expect(blocks[0].text.text).toContain('holdfast findings acknowledge log-gap:source/shop')
    expect(blocks.at(-1)).toMatchObject({ type: 'context' })
  })

  it('gets no more than it takes', async () => {
    await using server = await startReceiver()
    const url = { text: server.url }
    await createSlackChannel({ name: 'chat', type: 'slack', url }, secretsOf()).send(messageOf('opened', many), ctx)
    const { blocks } = json(server.received[0]?.body)
    expect(blocks.length).toBeLessThanOrEqual(50)
    for (const block of blocks) expect(block.text?.text.length ?? 0).toBeLessThanOrEqual(3000)
    expect(blocks.at(-2).text.text).toBe('… and 30 more; `holdfast findings` lists all')
  })
})

describe('Discord', () => {
  it('gets embeds within its limits and mentions nobody', async () => {
    await using server = await startReceiver(() => ({ status: 204 }))
    const url = { text: `${server.url}/api/webhooks/1/token` }
    const channel = createDiscordChannel({ name: 'chat', type: 'discord', url }, secretsOf())
    await channel.send(messageOf('opened', [critical, ...many]), ctx)
    const { content, embeds, allowed_mentions } = json(server.received[0]?.body)
    expect(content).toContain('41 findings (1 critical, 40 warning)')
    expect(content).toContain('… and 33 more')
    expect(allowed_mentions).toEqual({ parse: [] })
    expect(embeds.length).toBeLessThanOrEqual(10)
    expect(embeds[0]).toMatchObject({ color: 0xd9_2d_20, timestamp: critical.lastSeenAt.toISOString() })
    const characters = embeds.reduce(
      (sum: number, { title, description, footer }: { title: string; description: string; footer: { text: string } }) =>
        sum + title.length + description.length + footer.text.length,
      0,
    )
    expect(characters).toBeLessThanOrEqual(6000)
  })
})

describe('PagerDuty', () => {
  const settings = { name: 'oncall', type: 'pagerduty' as const, routingKey: { env: 'KEY' } }
  const secrets = secretsOf({ KEY: 'R0UT1NGKEY\n' })

  it('gets an alert for each finding, and its end under the same key', async () => {
    await using server = await startReceiver(() => ({ status: 202, body: '{"status":"success"}' }))
    const channel = createPagerdutyChannel({ ...settings, url: server.url }, secrets)
    await channel.send(messageOf('opened', [critical, findingOf()]), ctx)
    await channel.send(messageOf('resolved', [resolved]), ctx)
    const sent = server.received.map(({ path, body }) => ({ path, ...json(body) }))
    expect(sent).toMatchObject([
      {
        path: '/v2/enqueue',
        routing_key: 'R0UT1NGKEY',
        event_action: 'trigger',
        dedup_key: 'holdfast/log-gap:source/shop',
        payload: { severity: 'critical', source: 'web-1', component: 'source/shop', class: 'log-gap' },
      },
      { event_action: 'trigger', dedup_key: 'holdfast/overdue:source/shop', payload: { severity: 'warning' } },
      { event_action: 'resolve', dedup_key: 'holdfast/overdue:source/shop' },
    ])
    expect(sent[0]?.payload.summary).toBe(critical.title)
  })

  it('gets a test as an alert that is closed at once', async () => {
    await using server = await startReceiver(() => ({ status: 202 }))
    await createPagerdutyChannel({ ...settings, url: `${server.url}/` }, secrets).send(test, ctx)
    expect(server.received.map(({ body }) => json(body).event_action)).toEqual(['trigger', 'resolve'])
  })

  it('gets a key that it takes, however long a name is', async () => {
    await using server = await startReceiver(() => ({ status: 202 }))
    const long = findingOf({ kind: 'unprotected', subject: {}, about: 'x'.repeat(400) })
    await createPagerdutyChannel({ ...settings, url: server.url }, secrets).send(messageOf('opened', [long]), ctx)
    expect(json(server.received[0]?.body).dedup_key).toMatch(/^holdfast\/sha256\/[0-9a-f]{64}$/)
  })
})

describe('Telegram', () => {
  const settings = { name: 'chat', type: 'telegram' as const, token: { env: 'TOKEN' }, chat: '-1001' }
  const secrets = secretsOf({ TOKEN: '110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw' })

  it('gets plain text by the bot, within its limit', async () => {
    await using server = await startReceiver(() => ({ status: 200, body: '{"ok":true}' }))
    await createTelegramChannel({ ...settings, url: server.url }, secrets).send(messageOf('opened', many), ctx)
    const [request] = server.received
    expect(request?.path).toBe('/bot110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw/sendMessage')
    const body = json(request?.body)
    expect(body).toMatchObject({ chat_id: '-1001', disable_notification: false })
    expect(body.parse_mode).toBeUndefined()
    expect(body.text.length).toBeLessThanOrEqual(4096)
  })

  it('makes no noise about what is over', async () => {
    await using server = await startReceiver()
    await createTelegramChannel({ ...settings, url: server.url }, secrets).send(messageOf('resolved', [resolved]), ctx)
    expect(json(server.received[0]?.body).disable_notification).toBe(true)
  })

  it('keeps its token out of errors, also when the server repeats it', async () => {
    await using server = await startReceiver(({ path }) => ({
      status: 401,
      body: `{"description":"no bot at ${path}"}`,
    }))
    const sending = createTelegramChannel({ ...settings, url: server.url }, secrets).send(messageOf(), ctx)
    const error = await sending.catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'CHANNEL_REFUSED', message: expect.stringContaining('401') })
    expect(JSON.stringify([error, String(error), (error as Error).stack])).not.toMatch(/AAHdq|110201543/)
  })
})

describe('ntfy', () => {
  it('gets JSON at its root, with topic, urgency and any character', async () => {
    await using server = await startReceiver()
    const settings = { name: 'push', type: 'ntfy' as const, url: { text: `${server.url}/push/backups-7f3a` } }
    const channel = createNtfyChannel({ ...settings, token: { env: 'TOKEN' } }, secretsOf({ TOKEN: 'tk_1' }))
    await channel.send(messageOf('opened', [findingOf({ severity: 'critical', title: '상점 백업 없음 — ü' })]), ctx)
    const [request] = server.received
    expect(request?.path).toBe('/push/')
    expect(request?.headers.authorization).toBe('Bearer tk_1')
    const body = json(request?.body)
    expect(body).toMatchObject({ topic: 'backups-7f3a', priority: 5, title: 'CRITICAL: 상점 백업 없음 — ü' })
  })

  it('gets no more bytes than it shows', async () => {
    await using server = await startReceiver()
    const settings = { name: 'push', type: 'ntfy' as const, url: { text: `${server.url}/t` } }
    const wide = many.map((finding) => ({ ...finding, title: '백업'.repeat(100) }))
    await createNtfyChannel(settings, secretsOf()).send(messageOf('opened', wide), ctx)
    expect(Buffer.byteLength(json(server.received[0]?.body).message)).toBeLessThanOrEqual(4096)
  })
})

describe('a webhook', () => {
  it('gets the findings, signed so that nobody can make or replay one', async () => {
    await using server = await startReceiver()
    const settings = { name: 'hook', type: 'webhook' as const, url: { text: `${server.url}/in?x=1` } }
    const channel = createWebhookChannel(
      { ...settings, signingSecret: { env: 'SECRET' } },
      secretsOf({ SECRET: 's3cret' }),
    )
    await channel.send(messageOf('opened', [critical]), ctx)
    const [request] = server.received
    expect(request?.path).toBe('/in?x=1')
    const seconds = noon.getTime() / 1000
    const expected = createHmac('sha256', 's3cret').update(`${seconds}.${request?.body}`).digest('hex')
    expect(request?.headers['holdfast-signature']).toBe(`t=${seconds},v1=${expected}`)
    const body = json(request?.body)
    expect(request?.headers['holdfast-delivery']).toBe(body.id)
    expect(body).toMatchObject({
      version: 1,
      host: 'web-1',
      isTest: false,
      findings: [{ event: 'opened', key: 'log-gap:source/shop', severity: 'critical', subject: { source: 'shop' } }],
    })
  })

  it('without a secret is not signed', async () => {
    await using server = await startReceiver()
    const settings = { name: 'hook', type: 'webhook' as const, url: { text: server.url } }
    await createWebhookChannel(settings, secretsOf()).send(messageOf('resolved', [resolved]), ctx)
    expect(server.received[0]?.headers['holdfast-signature']).toBeUndefined()
    expect(json(server.received[0]?.body).findings[0].resolvedAt).toBe(noon.toISOString())
  })
})
