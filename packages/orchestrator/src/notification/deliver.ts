import type { Context } from '@holdfast/core/context'
import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import { isAppError } from '@holdfast/core/errors/app-error'
import type { Catalogue, MarkStore } from '../catalogue/catalogue.ts'
import type { WallClock } from '../planning/wall-clock.ts'
import type { ResolveSecret } from './channel.ts'
import { channelMark, type ChannelState, parseChannelState } from './channel-state.ts'
import { createMessage, type Notice } from './message.ts'
import { noticeMark, type NoticeState, parseNoticeState } from './notice-state.ts'
import { openChannel } from './open-channel.ts'
import { type Delivery, planNotices } from './plan-notices.ts'

export interface DeliverySurroundings {
  readonly catalogue: Catalogue
  readonly resolveSecret: ResolveSecret
  readonly wall: WallClock
}

export interface DeliveryReport {
  /** findings told, over all channels */
  readonly told: number
  /** channel → why it could not be reached; tried again by itself */
  readonly failed: ReadonlyMap<string, string>
}

/** A resolution is told for so long after; a channel that was unreachable for longer is not told any more. */
const tellResolvedMs = 2 * 86_400_000
/** After this, what was told about an ended finding is forgotten. */
const forgetAfterMs = 7 * 86_400_000
const claimMs = 120_000
const firstRetryMs = 30_000
const lastRetryMs = 30 * 60_000

/**
 * Sends what is due (`plan-notices.ts`), to all channels at once. What was told is remembered in marks, so that a
 * restart repeats nothing; what could not be sent stays due. At least once: a process that dies between sending and
 * remembering leads to a second message with the same id. Of several servers one sends: a channel is claimed first.
 * Fails only when the catalogue does; takes as long as the slowest channel, so call it beside the tick, not in it.
 */
export async function deliver(
  config: EffectiveConfig,
  surroundings: DeliverySurroundings,
  ctx: Context,
): Promise<DeliveryReport> {
  const due = new Set((await planNow(config, surroundings, ctx)).map(({ channel }) => channel))
  const failed = new Map<string, string>()
  const told = await Promise.all(
    [...due].map(async (channel) => {
      const report = await deliverTo(channel, config, surroundings, ctx)
      if (report.error !== undefined) failed.set(channel, report.error)
      return report.told
    }),
  )
  await forgetOld(surroundings.catalogue, ctx.now())
  return { told: told.reduce((sum, count) => sum + count, 0), failed }
}

async function planNow(
  config: EffectiveConfig,
  { catalogue, wall }: DeliverySurroundings,
  ctx: Context,
): Promise<Delivery[]> {
  const now = ctx.now()
  const [open, recent, marks] = await Promise.all([
    catalogue.findings.list({ isOpen: true }),
    catalogue.findings.list({ isOpen: false, since: new Date(now.getTime() - tellResolvedMs) }),
    catalogue.marks.list('notified/'),
  ])
  return planNotices({ config, now, findings: [...open, ...recent], marks, wall })
}

async function deliverTo(
  channel: string,
  config: EffectiveConfig,
  surroundings: DeliverySurroundings,
  ctx: Context,
): Promise<{ readonly told: number; readonly error?: string }> {
  const { marks } = surroundings.catalogue
  const claimed = await claim(marks, channel, ctx.now())
  if (claimed === undefined) return { told: 0 }
  let told = 0
  let state: ChannelState = { failures: 0 }
  try {
    // Again, since another server may have sent it between our look and our claim.
    const due = (await planNow(config, surroundings, ctx)).filter((delivery) => delivery.channel === channel)
    for (const { notices } of due) {
      for await (const taken of sendAll(channel, notices, config, surroundings, ctx)) {
        await remember(marks, channel, taken, ctx.now())
        told += taken.length
      }
    }
    return { told }
  } catch (error) {
    if (ctx.signal.aborted || !isAppError(error)) {
      state = claimed.before
      throw error
    }
    state = afterFailure(told > 0 ? { failures: 0 } : claimed.before, error.message, ctx.now())
    return { told, error: error.message }
  } finally {
    await marks.compareAndSet(channelMark(channel), claimed.value, JSON.stringify(state))
  }
}

/** Undefined when it is another server's now, or is not to be tried yet. */
async function claim(
  marks: MarkStore,
  channel: string,
  now: Date,
): Promise<{ readonly before: ChannelState; readonly value: string } | undefined> {
  const known = await marks.get(channelMark(channel))
  const { claimedUntil, ...before } = parseChannelState(known)
  if (claimedUntil !== undefined && claimedUntil > now) return undefined
  if (before.retryAt !== undefined && before.retryAt > now) return undefined
  const value = JSON.stringify({ ...before, claimedUntil: new Date(now.getTime() + claimMs) })
  return (await marks.compareAndSet(channelMark(channel), known, value)) ? { before, value } : undefined
}

/** Yields what the receiver has taken, as soon as it has. */
async function* sendAll(
  name: string,
  notices: readonly Notice[],
  config: EffectiveConfig,
  { resolveSecret }: DeliverySurroundings,
  ctx: Context,
): AsyncGenerator<readonly Notice[]> {
  const settings = config.notifications.channels.get(name)
  if (settings === undefined) return
  const channel = await openChannel(settings, resolveSecret)
  const atOnce = channel.noticesAtOnce ?? notices.length
  for (let start = 0; start < notices.length; start += atOnce) {
    const some = notices.slice(start, start + atOnce)
    await channel.send(createMessage(some, { host: config.host, now: ctx.now() }), ctx)
    yield some
  }
}

async function remember(marks: MarkStore, channel: string, notices: readonly Notice[], now: Date): Promise<void> {
  for (const { event, finding } of notices) {
    const state: NoticeState = { told: event === 'resolved' ? 'resolved' : 'open', severity: finding.severity, at: now }
    await marks.set(noticeMark(channel, finding), JSON.stringify(state))
  }
}

function afterFailure(before: ChannelState, error: string, now: Date): ChannelState {
  const pauseMs = Math.min(lastRetryMs, firstRetryMs * 2 ** Math.min(before.failures, 10))
  return { failures: before.failures + 1, retryAt: new Date(now.getTime() + pauseMs), error }
}

async function forgetOld({ marks, findings }: Catalogue, now: Date): Promise<void> {
  const old = [...(await marks.list('notified/'))].filter(([key, value]) => {
    const state = parseNoticeState(value)
    return !key.startsWith('notified/@') && (state === undefined || now.getTime() - state.at.getTime() > forgetAfterMs)
  })
  if (old.length === 0) return
  const open = (await findings.list({ isOpen: true })).map((finding) =>
    noticeMark('', finding).slice('notified/'.length),
  )
  for (const [key] of old) if (!open.some((ending) => key.endsWith(ending))) await marks.remove(key)
}
